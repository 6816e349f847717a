// What may be tried: other settings, or another state of the sources, or both.

internal import Foundation
public import Measurements

/// A candidate, or the reference that candidates are held against.
public struct Variant: Sendable, Equatable {
    /// What outputs call it.
    public var name: String
    /// What is replaced in the settings of every case.
    public var settings: [Setting]
    /// The sources; `nil` for the program at hand.
    public var state: SourceState?

    /// A variant from its parts.
    public init(_ name: String, settings: [Setting] = [], state: SourceState? = nil) {
        (self.name, self.settings, self.state) = (name, settings, state)
    }

    /// Every combination of one value from each axis, the last axis moving fastest; each is named after its settings, by
    /// the last names of their paths where these tell the axes apart.
    public static func grid(_ axes: [[Setting]]) -> [Variant] {
        if axes.isEmpty { return [] }
        let ends = axes.compactMap { $0.first?.lastName }
        let isClear = Set(ends).count == ends.count
        return axes.reduce([[]]) { rows, axis in rows.flatMap { row in axis.map { row + [$0] } } }.map { settings in
            let words = settings.map { isClear ? Setting($0.lastName, $0.value).description : $0.description }
            return Variant(words.joined(separator: " "), settings: settings)
        }
    }

    /// The variant that a JSON file describes.
    ///
    /// `{"name": "wide", "set": {"path": value}, "commit": "revision", "patch": "file.diff"}`: all but the name may be
    /// absent; a patch lies beside the file and is put on the commit, which is HEAD where none is named.
    ///
    /// - Throws: ``VariantError``, or ``WorktreeError`` for a revision that `repository` does not know.
    public init(file: String, repository: Git) throws {
        guard let data = FileManager.default.contents(atPath: file) else { throw VariantError.unreadable(file) }
        guard case .object(let fields)? = try? JSONDecoder().decode(JSONValue.self, from: data) else {
            throw VariantError.noObject(file)
        }
        if let name = fields.keys.sorted().first(where: { !["name", "set", "commit", "patch"].contains($0) }) {
            throw VariantError.unknownField(file, name)
        }
        func text(_ name: String) throws(VariantError) -> String? {
            switch fields[name] {
            case .text(let text)?: return text
            case nil: return nil
            default: throw .unfit(file, name)
            }
        }
        guard let name = try text("name") else { throw VariantError.unfit(file, "name") }
        self.init(name)
        switch fields["set"] {
        case .object(let values)?: settings = values.sorted { $0.key < $1.key }.map { Setting($0.key, $0.value) }
        case nil: break
        default: throw VariantError.unfit(file, "set")
        }
        let (revision, patch) = (try text("commit"), try text("patch"))
        if revision == nil && patch == nil { return }
        guard let commit = repository.commit(of: revision ?? "HEAD") else {
            throw WorktreeError.noRevision(revision ?? "HEAD")
        }
        var state = SourceState(commit: commit)
        if let patch {
            let path = URL(fileURLWithPath: patch, relativeTo: URL(fileURLWithPath: file)).path
            guard let changes = repository.patch(path, on: commit) else {
                throw VariantError.patchDoesNotFit(path, commit: commit)
            }
            state.patch = changes
        }
        self.state = state
    }
}

extension Setting {
    fileprivate var lastName: String { path.split(separator: ".").last.map(String.init) ?? path }
}

/// A reason why a variant cannot be tried.
public enum VariantError: Error, Equatable, CustomStringConvertible {
    /// There is no such file.
    case unreadable(String)
    /// The file holds no JSON object.
    case noObject(String)
    /// A field that nothing reads.
    case unknownField(String, String)
    /// A field that is missing, or that is not what it should be.
    case unfit(String, String)
    /// git cannot apply the patch to the commit.
    case patchDoesNotFit(String, commit: String)

    /// Where, what was found, what to do.
    public var description: String {
        switch self {
        case .unreadable(let file): "\(file): cannot be read; check the path."
        case .noObject(let file): "\(file): is no JSON object; write {\"name\": \"wide\", \"set\": {\"width\": 64}}."
        case .unknownField(let file, let name):
            "\(file): nothing reads '\(name)'; there are name, set, commit, patch."
        case .unfit(let file, "set"): "\(file): 'set' is no object; write {\"path\": value}."
        case .unfit(let file, let name): "\(file): '\(name)' is no text; write one."
        case .patchDoesNotFit(let path, let commit):
            "\(path): git cannot apply it to commit \(commit.prefix(8)); make it there with 'git diff'."
        }
    }
}
