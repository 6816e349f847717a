// Recordings of single spoken digits by speaker: the published ones of FSDD. Made-up ones are in FormantVoices.swift.
// Source: free-spoken-digit-dataset, as packed in the data folder `st/fsdd` (see its README): FLAC files and an index.

internal import TensorIO
internal import Tensors

/// What is wrong with a folder of recordings.
public enum RecordingError: Error, Equatable, CustomStringConvertible {
    /// A line of the index cannot be read.
    case badLine(file: String, line: Int)
    /// A file is not sampled as the front end expects.
    case otherRate(file: String, rate: Int)
    /// A speaker has no recording of a digit in one of the splits.
    case missingDigit(speaker: String, digit: Int, split: String)
    /// There is no speaker.
    case empty(file: String)

    /// Where, what was found, and what to do.
    public var description: String {
        switch self {
        case .badLine(let file, let line): "\(file):\(line): does not have the index's columns; copy the data again."
        case .otherRate(let file, let rate): "\(file): is sampled at \(rate) Hz instead of 8000; resample it."
        case .missingDigit(let speaker, let digit, let split):
            "\(speaker): has no recording of \(digit) in the split '\(split)'; leave the speaker out."
        case .empty(let file): "\(file): lists no recording; copy the data again."
        }
    }
}

/// Every recording of every digit by a few speakers, apart for training and test.
public struct DigitRecordings: Sendable {
    /// Samples per second.
    public static let sampleRate = 8000

    /// One speaker's recordings: `[digit][take]`, samples in −1…1.
    public struct Speaker: Sendable {
        /// Takes 5 to 49.
        var train = [[[Float]]](repeating: [], count: 10)
        /// Takes 0 to 4.
        var test = [[[Float]]](repeating: [], count: 10)
    }

    /// In byte order of their names.
    let speakers: [Speaker]
    /// SHA-256 of what they were read or made from.
    public let digest: String

    init(speakers: [Speaker], digest: String) { (self.speakers, self.digest) = (speakers, digest) }

    /// Reads the folder `fsdd`.
    public init(folder: String) throws {
        let indexFile = folder + "/segments.tsv"
        let index = try readFile(indexFile)
        var contents: [String: [Float]] = [:]
        var digests = [SHA256.hexDigest(of: index)]
        var found: [String: Speaker] = [:]
        for (number, line) in String(decoding: index, as: UTF8.self).split(separator: "\n").enumerated().dropFirst() {
            // id split speaker digit take file offset n_samples
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 8, ["train", "test"].contains(fields[1]), !fields[5].contains("/"),
                let digit = Int(fields[3]), 0..<10 ~= digit, let offset = Int(fields[6]), let count = Int(fields[7]),
                offset >= 0, count > 0, offset <= Int.max - count
            else { throw RecordingError.badLine(file: indexFile, line: number + 1) }
            let file = "\(folder)/\(fields[5])"
            if contents[file] == nil {
                let bytes = try readFile(file)
                let waveform = try Waveform(decoding: bytes, named: file)
                guard waveform.sampleRate == Self.sampleRate else {
                    throw RecordingError.otherRate(file: file, rate: waveform.sampleRate)
                }
                contents[file] = waveform.samples.selected(0, along: 0).scalars
                digests.append(SHA256.hexDigest(of: bytes))
            }
            let samples = contents[file] ?? []
            guard offset + count <= samples.count else {
                throw TensorIOError.noSuchSamples(file: file, range: offset..<(offset + count), count: samples.count)
            }
            let recording = Array(samples[offset..<(offset + count)])
            if fields[1] == "train" {
                found[fields[2], default: Speaker()].train[digit].append(recording)
            } else {
                found[fields[2], default: Speaker()].test[digit].append(recording)
            }
        }
        if found.isEmpty { throw RecordingError.empty(file: indexFile) }
        let names = found.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        speakers = try names.map { name in
            let speaker = found[name] ?? Speaker()
            for (split, takes) in [("train", speaker.train), ("test", speaker.test)] {
                if let digit = takes.firstIndex(where: \.isEmpty) {
                    throw RecordingError.missingDigit(speaker: name, digit: digit, split: split)
                }
            }
            return speaker
        }
        digest = SHA256.hexDigest(of: Array(digests.joined(separator: " ").utf8))
    }
}
