// Why a peer takes no part, in words.

/// A reason why a peer cannot be measured.
public enum PeerError: Error, Equatable, CustomStringConvertible {
    /// A name that no peer has.
    case unknown(String)
    /// None of the chosen cases has twins.
    case noTwins(peers: [Peer])
    /// No Python is named in the environment, or it is not there.
    case noPython(Peer, path: String?)
    /// The twins do not lie above the current folder.
    case noScript(Peer, path: String)
    /// Python does not find the library.
    case notInstalled(Peer, python: String)
    /// The peer says that it cannot do the work.
    case refused(Peer, String)
    /// No answer within the limit.
    case silent(Peer, seconds: Int)
    /// It ended, or said something that is no answer.
    case broken(Peer, said: String)

    /// What is missing, and what to do.
    public var description: String {
        switch self {
        case .unknown(let name):
            "unknown peer '\(name)'; there are \(Peer.allCases.map(\.rawValue).joined(separator: ", "))."
        case .noTwins(let peers):
            "no chosen case has a twin for \(peers.map(\.rawValue).joined(separator: ", ")); 'speed' has them."
        case .noPython(let peer, nil):
            "\(peer.rawValue): no Python is named; run 'export \(PeerProgram.pythonVariable)=$(ci/peers/setup)'."
        case .noPython(let peer, let path?):
            "\(peer.rawValue): there is no \(path), which \(PeerProgram.pythonVariable) names; run 'ci/peers/setup'."
        case .noScript(let peer, let path):
            "\(peer.rawValue): there is no \(path) at or above this folder; run it inside the repository."
        case .notInstalled(let peer, let python):
            "\(peer.rawValue): is not installed for \(python); run 'ci/peers/setup', which installs every peer."
        case .refused(let peer, let sentence): "\(peer.rawValue): \(sentence)"
        case .silent(let peer, let seconds): "\(peer.rawValue): no answer within \(seconds) s; it was stopped."
        case .broken(let peer, ""): "\(peer.rawValue): ended without an answer; its last words are in the case's log."
        case .broken(let peer, let said): "\(peer.rawValue): '\(said)' is no answer."
        }
    }

    /// 64 for what is wrong with the command, 2 for what is missing.
    public var exitCode: Int32 {
        switch self {
        case .unknown, .noTwins: 64
        case .noPython, .noScript, .notInstalled, .refused, .silent, .broken: 2
        }
    }
}
