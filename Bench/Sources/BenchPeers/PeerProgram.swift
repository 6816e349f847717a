// Where a peer's program is, and whether it can run.

internal import Foundation

/// A Python and a twin to run with it.
public struct PeerProgram: Sendable {
    /// Names the Python that has the peers; `ci/peers/setup` prints its path.
    public static let pythonVariable = "BENCH_PEERS_PYTHON"

    /// What it runs.
    public let peer: Peer
    let python: String
    let script: String

    /// Finds Python in `environment` and the twin in `ci/peers` of `folder` or of a folder above it.
    public init(_ peer: Peer, environment: [String: String], folder: String) throws(PeerError) {
        let named = environment[Self.pythonVariable].flatMap { $0.isEmpty ? nil : $0 }
        guard let path = named, FileManager.default.isExecutableFile(atPath: path) else {
            throw .noPython(peer, path: named)
        }
        let place = "ci/peers/\(peer.program.script)"
        var root = URL(fileURLWithPath: folder).standardizedFileURL
        while !FileManager.default.fileExists(atPath: root.appendingPathComponent(place).path), root.path != "/" {
            root.deleteLastPathComponent()
        }
        let found = root.appendingPathComponent(place).path
        guard FileManager.default.fileExists(atPath: found) else { throw .noScript(peer, path: place) }
        (self.peer, python, script) = (peer, path, found)
    }

    /// The program of this process's environment and folder.
    public init(_ peer: Peer) throws(PeerError) {
        try self.init(
            peer, environment: ProcessInfo.processInfo.environment, folder: FileManager.default.currentDirectoryPath)
    }

    /// Asks for the library's version without loading it.
    ///
    /// - Throws: ``PeerError/notInstalled(_:python:)``.
    public func version() throws(PeerError) -> String {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script] + peer.program.arguments + ["--version"]
        (process.standardOutput, process.standardError) = (output, FileHandle.nullDevice)
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { throw .noPython(peer, path: python) }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw .notInstalled(peer, python: python) }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
