// What a child tells its parent: one JSON value a line, over a pipe that only the two of them have.

internal import Foundation
internal import Measurements

/// One line of a child's results.
///
/// A run of a case ends with exactly one of `failure` and `end`.
enum ChildMessage: Codable {
    /// The finished share of the work, `0...1`, and what is happening.
    case progress(fraction: Double, word: String)
    /// Everything the case returned.
    case outcome(CaseOutcome)
    /// The sentence of the error that the case threw.
    case failure(String)
    /// Nothing follows; the most memory the process ever held, in MiB.
    case end(peakMiB: Double)

    /// The message with its line feed.
    func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return [UInt8](try encoder.encode(self)) + [10]
    }

    /// The message of a line without its line feed; `nil` for anything else.
    init?(line: some Collection<UInt8>) {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let message = try? decoder.decode(ChildMessage.self, from: Data(line)) else { return nil }
        self = message
    }
}
