// The one list of every case that exists.

public import Measurements
internal import SpeechTranslation

/// Every case, line by line.
public let allCases: [any BenchCase] = images32 + spokenNumbers

private let images32: [any BenchCase] = Images32.Pictures.allCases.flatMap { pictures in
    Images32.Method.allCases.map { Images32(pictures, $0) }
}

private let spokenNumbers: [any BenchCase] =
    [SpokenNumberOverfit()]
    + SpokenNumberTransfer.Speech.allCases.flatMap { speech in
        TransferMethod.allCases.map { SpokenNumberTransfer(speech, $0) }
    }
