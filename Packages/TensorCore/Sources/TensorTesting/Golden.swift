// Expected values made by a committed script, and the check that they are that script's.

public import Foundation
internal import TensorIO
public import Tensors

/// Golden files of one script: tensors by name.
public struct Golden: Sendable {
    /// The tensors by name.
    public let tensors: [String: Tensor]
    /// The script, relative to the repository.
    public let maker: String

    /// Reads golden files and refuses any that is not `version` of `maker`.
    public init(_ files: URL..., madeBy maker: String, version: Int) throws {
        let script = Self.repository.appendingPathComponent(maker)
        let digest = SHA256.hexDigest(of: [UInt8](try Data(contentsOf: script)))
        tensors = try files.reduce(into: [:]) { tensors, file in
            let content = try SafeTensors(contentsOf: file.path)
            let (found, expected) = (
                content.metadata, ["maker": maker, "version": "\(version)", "maker_sha256": digest]
            )
            guard expected.allSatisfy({ found[$0.key] == $0.value }) else {
                throw GoldenError.stale(file: file.lastPathComponent, maker: maker, version: version)
            }
            tensors.merge(try content.tensors()) { $1 }
        }
        self.maker = maker
    }

    /// The tensor `name`.
    public subscript(name: String) -> Tensor {
        get throws {
            guard let tensor = tensors[name] else { throw GoldenError.missing(name: name, maker: maker) }
            return tensor
        }
    }

    /// The repository's root, from this file's place in it.
    public static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}

/// A golden file that cannot be used.
public enum GoldenError: Error, Equatable, CustomStringConvertible {
    case stale(file: String, maker: String, version: Int)
    case missing(name: String, maker: String)

    /// What was wrong and what to do.
    public var description: String {
        switch self {
        case .stale(let file, let maker, let version):
            "\(file): was not made by version \(version) of \(maker) as it stands; run that script."
        case .missing(let name, let maker): "\(name): is not in the golden file; add it to \(maker) and run that."
        }
    }
}
