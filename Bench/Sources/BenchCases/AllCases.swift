// The one list of every case that exists, and the one of every data set that they or published protocols need.

public import Measurements
internal import Dialogue
internal import SpeechTranslation
internal import VisionPAD

/// Every case, line by line.
public let allCases: [any BenchCase] =
    images32 + visionPAD + dialogueRetrieval + syntheticWorld + spokenNumbers + harness + speed

private let harness: [any BenchCase] = [StoreScale(runCount: 200), StoreScale(runCount: 10_000)]

private let speed: [any BenchCase] = SpeedSweep.Kind.allCases.map(SpeedSweep.init) + SpeedStep.allCases

/// Every data set, line by line.
public let allDataSets: [DataSet] = inrDataSets + visionPADDataSets + dialogueDataSets + speechTranslationDataSets

private let images32: [any BenchCase] = Images32.Pictures.allCases.flatMap { pictures in
    Images32.Method.allCases.map { Images32(pictures, $0) }
}

private let visionPAD: [any BenchCase] =
    [ErrorRateGolden()] + PublishedNetworks.Input.allCases.map(PublishedNetworks.init)
    + GeneratedShift.Detector.allCases.map { GeneratedShift(.twoPlaces, $0) }
    + [GeneratedShift(.fourPlaces, .minifas)] + ExternalJudge.Faces.allCases.map(ExternalJudge.init)

private let dialogueRetrieval: [any BenchCase] =
    DialogueSmoke.allCases
    + CAsTRetrieval.Query.allCases.map { CAsTRetrieval($0) }
    + CMUDoGRetrieval.Store.allCases.flatMap { store in
        CMUDoGRetrieval.Query.allCases.map { CMUDoGRetrieval(store, $0) }
    }

private let syntheticWorld: [any BenchCase] =
    [LatentGradientGolden(), SyntheticWorldDeterminism()]
    + (DialogueMethod.allCases.map { .easy($0) } + [.labels(1), .labels(10), .alias(.latent), .header, .chat])
    .map { SyntheticWorldDialogue($0) }

private let spokenNumbers: [any BenchCase] =
    [SpokenNumberOverfit()]
    + SpokenNumberTransfer.Speech.allCases.flatMap { speech in
        (speech == .smoke ? [.fineTuning, .informed] : TransferMethod.allCases).map { SpokenNumberTransfer(speech, $0) }
    }
    + TransferSetting.allCases.flatMap { setting in
        [TransferMethod.fineTuning, .consistency, .distillation, .both, .informed].map {
            SpokenNumberTransfer(setting, $0)
        }
    }
