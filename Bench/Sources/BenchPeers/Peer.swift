// The libraries whose time is measured in turns with ours, and the cases that have twins for them.

public import Measurements

/// Another library that can do the same work.
public enum Peer: String, Codable, Sendable, CaseIterable {
    case pytorch
    case torchCompile = "torch-compile"
    case onnxruntime, jax, mlx
    case kaldi = "kaldi-native-fbank"

    /// The name inside metrics' names.
    public var metricName: String { String(rawValue.map { $0 == "-" ? "_" : $0 }) }

    /// The program below `ci/peers`, and what it is called with before its threads.
    var program: (script: String, arguments: [String]) {
        switch self {
        case .pytorch: ("with_pytorch.py", [])
        case .torchCompile: ("with_pytorch.py", ["--compile"])
        case .onnxruntime: ("with_onnxruntime.py", [])
        case .jax: ("with_jax.py", [])
        case .mlx: ("with_mlx.py", [])
        case .kaldi: ("with_kaldi.py", [])
        }
    }

    /// Whether every piece of work is compiled before its first step.
    public var compiles: Bool { [.torchCompile, .jax].contains(self) }

    /// Seconds until the end of the first step after which it is given up: compiling may take minutes.
    public var startLimit: Double { compiles ? 240 : 120 }
}

/// A case whose work some peers can do, too.
public protocol PeerCase: VariableCase {
    /// The peers that have a twin of it.
    var possiblePeers: [Peer] { get }
}

/// The setting by which a ``PeerCase`` is told the peers to be measured beside.
public func peersSetting(_ peers: [Peer]) -> Setting { Setting("peers", .list(peers.map { .text($0.rawValue) })) }
