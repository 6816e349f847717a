// The folder given by `--data`: which data sets lie in it, whether they are whole, and what can be fetched into it.

public import BenchRecords
internal import Foundation
internal import Glibc
public import Measurements
internal import TensorIO

/// A folder with a folder for each data set.
public struct DataFolder: Sendable {
    private let path: String

    /// The folder at `path`, which need not be there yet.
    public init(_ path: String) { self.path = URL(fileURLWithPath: path).path }

    /// Whether and where the set lies here; its files are not looked at.
    public func found(_ set: DataSet) -> DataRecord {
        DataRecord(set, folder: isFolder(folder(of: set)) ? folder(of: set) : nil)
    }

    /// The set with what is wrong with it: too few or too many files, or other contents.
    public func examined(_ set: DataSet) -> DataRecord {
        var record = found(set)
        guard record.folder != nil else { return record }
        let names = set.files.contains { $0.pattern.contains("*") } ? fileNames(of: set) : []
        record.faults = set.files.compactMap { fault($0, of: set, among: names) }
        return record
    }

    /// Fetches those of the set's files that are not here as they should be, and says how many.
    ///
    /// `onStart` is told each address before it is fetched. A file is put in its place only once its digest is right.
    ///
    /// - Throws: ``DataFolderError``.
    public func fetch(_ set: DataSet, onStart: (String) -> Void) throws(DataFolderError) -> Int {
        var count = 0
        for file in set.files {
            guard let url = file.url, let expected = file.digest, fault(file, of: set, among: []) != nil else {
                continue
            }
            let target = folder(of: set) + "/" + file.pattern
            let part = target + ".part"
            defer {
                try? FileManager.default.removeItem(atPath: part)
                // A folder without a file would pass for the set; one with files is not removed.
                unsafe rmdir(folder(of: set))
            }
            onStart(url)
            guard isWritable(target) else { throw .unwritable(path: target) }
            guard programOutput(["curl", "--fail", "--silent", "--location", "--output", part, url]) != nil,
                let digest = try? SHA256.hexDigest(ofFile: part)
            else { throw .notFetched(url: url) }
            guard digest == expected else { throw .otherContents(url: url, digest: digest, expected: expected) }
            guard unsafe rename(part, target) == 0 else { throw .unwritable(path: target) }
            count += 1
        }
        return count
    }

    private func folder(of set: DataSet) -> String { path + "/" + set.name }

    /// Whether the file's folder is there now and takes files.
    private func isWritable(_ file: String) -> Bool {
        let folder = (file as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return FileManager.default.isWritableFile(atPath: folder)
    }

    /// Paths below the set's folder in byte order.
    private func fileNames(of set: DataSet) -> [String] {
        // A folder that is a link is the folder it leads to; a link below it is a file.
        let root = URL(fileURLWithPath: folder(of: set)).resolvingSymlinksInPath().path
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private func fault(_ files: DataFiles, of set: DataSet, among names: [String]) -> String? {
        let folder = folder(of: set)
        let found =
            files.pattern.contains("*")
            ? names.filter { matches(Array($0)[...], Array(files.pattern)[...]) }
            : [files.pattern].filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
        let name = "\(set.name)/\(files.pattern)"
        if found.isEmpty {
            return "\(name): is not there; \(files.count == 1 ? "it belongs" : "\(files.count) belong") there."
        }
        if found.count != files.count { return "\(name): \(found.count) instead of \(files.count) files are there." }
        guard let expected = files.digest else { return nil }
        var digest = SHA256()
        for file in found {
            guard let bytes = try? readFile("\(folder)/\(file)") else {
                return "\(name): \(file) cannot be read; check its permissions."
            }
            digest.update(bytes)
        }
        return digest.hexDigest == expected
            ? nil
            : "\(name): its SHA-256 begins with \(digest.hexDigest.prefix(8)), not \(expected.prefix(8)); get it anew."
    }
}

/// Whether there is a folder at `path`.
func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
}

/// The set of the given name.
///
/// - Throws: ``DataFolderError/unknown(asked:nearest:)``.
public func dataSet(named name: String, in sets: [DataSet]) throws(DataFolderError) -> DataSet {
    guard let set = sets.first(where: { $0.name == name }) else {
        let nearest = sets.map(\.name).min { editDistance($0, name) < editDistance($1, name) }
        throw .unknown(asked: name, nearest: nearest ?? "")
    }
    return set
}

/// A reason why a data set cannot be fetched.
public enum DataFolderError: Error, Equatable, CustomStringConvertible {
    /// No set has the name; the nearest one that a set has.
    case unknown(asked: String, nearest: String)
    /// The file cannot be put in its place.
    case unwritable(path: String)
    /// Nothing came from the address.
    case notFetched(url: String)
    /// Something else came from the address; digests are SHA-256.
    case otherContents(url: String, digest: String, expected: String)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .unknown(let asked, let nearest):
            "unknown data set '\(asked)'; did you mean '\(nearest)'? 'bench data list' shows all."
        case .unwritable(let path): "\(path): cannot be written; check its folder, its permissions and the disk."
        case .notFetched(let url): "\(url): cannot be fetched; check the network, and that curl is installed."
        case .otherContents(let url, let digest, let expected):
            "\(url): what came has a SHA-256 that begins with \(digest.prefix(8)), not \(expected.prefix(8)); it was "
                + "deleted. Look for another source of the file."
        }
    }
}
