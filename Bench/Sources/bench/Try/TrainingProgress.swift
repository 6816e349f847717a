// What a trial says while it trains the model that it needs.

internal import Foundation

/// Steps done and seconds left, on standard error.
struct TrainingProgress {
    private let count: Int
    private let name: String
    private let start = ContinuousClock.now

    init(of count: Int, _ name: String) { (self.count, self.name) = (count, name) }

    /// Says so every fifty steps and at the end.
    func report(_ done: Int) {
        guard done.isMultiple(of: 50) || done == count else { return }
        let left = (ContinuousClock.now - start) / .seconds(1) / Double(done) * Double(count - done)
        say("\(name) \(done)/\(count), \(Int(left.rounded(.up))) s left")
    }
}

/// A line on standard error.
func say(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
