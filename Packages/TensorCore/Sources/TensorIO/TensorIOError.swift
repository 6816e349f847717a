// What can be wrong with a file, in sentences that say where, what was found and what to do.

/// A file that cannot be read or written; `file` is the path or name the caller gave.
public enum TensorIOError: Error, Equatable, CustomStringConvertible {
    /// The system refused to read.
    case unreadable(file: String, reason: String)
    /// The system refused to write; a file that stood there before is unchanged.
    case unwritable(file: String, reason: String)
    /// The content ends too early.
    case cutOff(file: String, byteCount: Int)
    /// The content contradicts its format; `what` completes "the file …".
    case damaged(file: String, what: String)
    /// The content is valid but of a kind that is not read; `what` completes "the file …".
    case unsupported(file: String, what: String, remedy: String)
    /// The picture has more pixels than are read.
    case tooManyPixels(file: String, width: Int, height: Int)
    /// The content is no picture format known here.
    case notAPicture(file: String)
    /// The content is no sound format known here.
    case notASound(file: String)
    /// A packed sound has more samples than are read.
    case tooManySamples(file: String)
    /// The sound is shorter than the samples asked for.
    case noSuchSamples(file: String, range: Range<Int>, count: Int)
    /// There is no tensor of that name.
    case missingTensor(name: String, file: String, names: [String])
    /// The tensors are not those of the model or its optimiser.
    case mismatchedTensors(file: String, TensorMismatch)
    /// The checkpoint was written by a training with other settings.
    case otherConfiguration(file: String)
    /// A value cannot be written in the format; `what` completes "the value …".
    case notWritable(file: String, what: String, remedy: String)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): cannot be read (\(reason)); check the path and its permissions."
        case .unwritable(let file, let reason):
            "\(file): cannot be written (\(reason)); what stood there before is unchanged."
        case .cutOff(let file, 0): "\(file): is empty; copy the file again."
        case .cutOff(let file, let byteCount):
            "\(file): is cut off after \(grouped(byteCount)) byte\(byteCount == 1 ? "" : "s"); copy the file again."
        case .damaged(let file, let what): "\(file): is damaged, \(what); copy the file again or make it anew."
        case .unsupported(let file, let what, let remedy): "\(file): \(what); \(remedy)."
        case .tooManyPixels(let file, let width, let height):
            "\(file): declares \(grouped(width)) x \(grouped(height)) pixels, more than 67,108,864; shrink the picture."
        case .notAPicture(let file): "\(file): is neither PNG, JPEG, PPM nor PGM; convert it to one of them."
        case .notASound(let file): "\(file): is neither WAV, FLAC nor Ogg Vorbis; convert it to one of them."
        case .tooManySamples(let file):
            "\(file): holds more than 268,435,456 samples; read it in pieces or convert it to WAV."
        case .noSuchSamples(let file, let range, let count):
            "\(file): has \(grouped(count)) samples, not \(range.lowerBound)..<\(range.upperBound); ask for samples in it."
        case .missingTensor(let name, let file, let names):
            "\(file): has no tensor '\(name)'; it holds \(listed(names))."
        case .mismatchedTensors(let file, let mismatch):
            "\(file): does not fit the model: \(described(mismatch)); take the model or the names the file was made for."
        case .otherConfiguration(let file):
            "\(file): was written by a training with other settings; remove it to start afresh."
        case .notWritable(let file, let what, let remedy): "\(file): \(what); \(remedy)."
        }
    }

    /// `1234567` as `1,234,567`.
    private func grouped(_ number: Int) -> String {
        let digits = String(number)
        return digits.enumerated().reduce(into: "") { text, digit in
            if digit.offset > 0 && (digits.count - digit.offset).isMultiple(of: 3) { text.append(",") }
            text.append(digit.element)
        }
    }

    private func described(_ mismatch: TensorMismatch) -> String {
        let misshaped = mismatch.misshaped.map { "'\($0.name)' \($0.shape), not \($0.expected)" }
        return [
            ("it lacks ", listed(mismatch.missing)), ("it has besides ", listed(mismatch.extra)),
            ("it has in another shape ", listed(misshaped, quote: "")),
        ].filter { $0.1 != "none" }.map { $0.0 + $0.1 }.joined(separator: "; ")
    }

    private func listed(_ names: [String], quote: String = "'") -> String {
        if names.isEmpty { return "none" }
        let shown = names.prefix(20).map { quote + $0 + quote }.joined(separator: ", ")
        return names.count > 20 ? "\(shown) and \(names.count - 20) more" : shown
    }
}
