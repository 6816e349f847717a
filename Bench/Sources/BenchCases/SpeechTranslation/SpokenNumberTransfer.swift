// Learning and forgetting on spoken numbers: one row per method of modality transfer.
// The setting is the speech-translation specification's 13.1 and 13.3; the preset is TransferConfiguration.nano.

internal import Learning
public import Measurements
public import SpeechTranslation
internal import TensorIO
internal import Tensors

/// A row of the table.
public struct SpokenNumberTransfer: VariableCase {
    /// Who speaks.
    public enum Speech: String, CaseIterable, Sendable {
        /// Six people of FSDD.
        case people
        /// Six made-up voices, which no result about real speech may stand on.
        case voices
        /// The same voices, few numbers and few steps: whether everything runs.
        case smoke
    }

    private let speech: Speech
    private let setting: TransferSetting?
    private let method: TransferMethod
    /// The preset.
    public var settings: TransferConfiguration

    /// The row of `method` on what `speech` says.
    public init(_ speech: Speech, _ method: TransferMethod) {
        (self.speech, self.method, setting) = (speech, method, nil)
        settings = speech == .smoke ? .nanoSmoke : .nano
    }

    /// The row of `method` on what people say, in the setting of a hypothesis.
    public init(_ setting: TransferSetting, _ method: TransferMethod) {
        (speech, self.method, self.setting) = (.people, method, setting)
        settings = .nano(setting)
    }

    /// `st.snt.<method>` for people, `st.snt.<speech>.<method>` for made-up voices, `st.snt.<setting>.<method>`.
    public var id: String {
        let part = setting?.rawValue ?? (speech == .people ? nil : speech.rawValue)
        return "st.snt." + (part.map { $0 + "." } ?? "") + method.rawValue
    }

    /// What `bench list --long` says.
    public var summary: String {
        let what =
            switch method {
            case .scratch: "No transfer, cross-entropy"
            case .fineTuning: "Fine-tuning from text"
            case .progressive: "Progressive training: rehearses transcripts and external text"
            case .multitask: "Multitask: rehearses transcripts"
            case .distillation: "Distillation from the text teacher"
            case .consistency: "Consistency of two dropout passes"
            case .both: "Distillation and consistency"
            case .informed: "Consistency-informed distillation"
            case .informedUnscaled: "The same, weights not rescaled to mean 1"
            case .informedConstant: "Its control: every token the same mean weight"
            }
        let data =
            switch speech {
            case .people: "spoken numbers by six people"
            case .voices: "spoken numbers by made-up voices"
            case .smoke: "a few numbers by made-up voices, 6 + 6 steps"
            }
        let change =
            switch setting {
            case nil: ""
            case .scarce: "; 300 utterances, dropout 0.3"
            case .textTeacher: "; the teacher holds the text path too"
            case .consistentText: "; consistency in the text stage"
            case .numberWords: "; text outside differs in words, not in length"
            }
        return "\(what); \(data)\(change)."
    }

    /// Smoke for the short rows; people nightly; the rest only when all is run: made-up voices, the informed method's
    /// controls, and the settings of hypotheses.
    public var tier: Tier {
        if setting != nil { return .full }
        return switch speech {
        case .people: [.informedUnscaled, .informedConstant].contains(method) ? .full : .nightly
        case .voices: .full
        case .smoke: .smoke
        }
    }

    /// Seconds on two cores.
    public var expectedSeconds: Double {
        switch (speech, method) {
        case (.smoke, _): 3
        case (_, .scratch): 35
        case (_, .fineTuning), (_, .distillation), (_, .multitask): 60
        case (_, .progressive): 70
        case (_, .consistency), (_, .both), (_, .informed), (_, .informedUnscaled), (_, .informedConstant): 95
        }
    }

    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }

    /// Every setting of model and training, and the numbers.
    public var configuration: [String: String] {
        [
            "preset": canonicalJSON(settings), "method": method.rawValue,
            "numbers":
                "\(speech.rawValue): \(counts.train) to train, \(counts.test) to test, \(counts.longText) outside as text",
        ]
    }

    /// Folders below `--data`.
    public var dataFolders: [String] { speech == .people ? ["st/fsdd"] : [] }

    /// BLEU on the four test sets, what was forgotten, exact counts, and costs.
    public var metrics: [Metric] {
        TestSet.allCases.flatMap { [$0.bleu, $0.sentenceBLEU] }
            + TestSet.text.map { Self.forgetting($0) } + (hasText ? TestSet.text.map { Self.retention($0) } : [])
            + [Self.parameters, Self.trainFlops, Self.textSeconds, Self.trainSeconds, Self.decodeMilliseconds]
            + (speech == .smoke ? [] : Latency.metrics)
    }

    private static func forgetting(_ set: TestSet) -> Metric {
        Metric(
            "forgetting_" + set.rawValue, .quality, unit: "BLEU", direction: .lowerIsBetter, decimals: 1,
            finaliser: .corpusBLEULoss, smallestEffect: 0.5)
    }

    private static func retention(_ set: TestSet) -> Metric {
        Metric(
            "r90_" + set.rawValue, .quality, direction: .higherIsBetter, decimals: 3, finaliser: .corpusBLEUShare,
            smallestEffect: 0.01)
    }

    private static let parameters = Metric("params", .exact, decimals: 0)
    private static let trainFlops = Metric(
        "train_flop", .exact, unit: "FLOP", direction: .lowerIsBetter, decimals: 0)
    private static let textSeconds = Metric(
        "train_text", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)
    private static let trainSeconds = Metric(
        "train", .cost, unit: "s", direction: .lowerIsBetter, decimals: 1, smallestEffect: 0.05)
    private static let decodeMilliseconds = Metric(
        "decode", .cost, unit: "ms", direction: .lowerIsBetter, decimals: 2, smallestEffect: 0.05)

    /// Whether there is a translator of text before speech, of which something can be retained.
    private var hasText: Bool { method.startsFromText && speech != .smoke }
    private var counts: SpokenNumberCounts {
        var counts = speech == .smoke ? SpokenNumberCounts.few : .published
        if setting == .scarce { counts.train = 300 }
        return counts
    }

    /// Trains on text unless the method starts without, then on speech; translates the test sets along the way.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        context.report(0, "numbers")
        let recordings = try recordings(context)
        // The numbers are part of the benchmark, so they do not move with the run's seed.
        let numbers = SpokenNumbers(recordings, counts, textDomain: settings.textDomain)
        let clock = ContinuousClock()
        var seconds = (text: 0.0, speech: 0.0)
        var text = TextTraining(settings, seed: context.seed)
        while method.startsFromText && !text.isFinished {
            seconds.text += try clock.measure { try text.step() } / .seconds(1)
            context.trace.step(text.losses.count, loss: text.losses.last, text.model, stage: "text.")
            context.report(0.3 * Double(text.losses.count) / Double(settings.textStage.steps), "text")
        }
        var training = TransferTraining(method, settings, from: text.model, on: numbers.train, seed: context.seed)
        var curve = LearningCurve()
        var translations = [training.model.translations(ofAll: numbers)]
        curve.append(translations[0], step: 0)
        var flops: UInt64 = 0
        var decodeSeconds = 0.0
        let steps = settings.speechStage.steps
        while !training.isFinished {
            let before = Counters.now.flops
            seconds.speech += try clock.measure { try training.step() } / .seconds(1)
            flops += Counters.now.flops - before
            let step = training.losses.count
            context.trace.step(step, loss: training.losses.last, training.model)
            context.report(0.3 + 0.7 * Double(step) / Double(steps), "step \(step)/\(steps)")
            guard step.isMultiple(of: 100) || training.isFinished else { continue }
            var latest: [TestSet: Translations] = [:]
            decodeSeconds = clock.measure { latest = training.model.translations(ofAll: numbers) } / .seconds(1)
            curve.append(latest, step: step)
            translations.append(latest)
        }
        let last = translations[translations.count - 1]
        let sentenceCount = last.values.reduce(0) { $0 + $1.references.count }
        func changes(_ metric: (TestSet) -> Metric, _ place: Int, _ value: (TestSet) -> Double) -> [Measurement] {
            TestSet.text.compactMap { set in
                guard let start = translations[0][set], let reached = translations[place][set] else { return nil }
                return Measurement(metric(set), value: value(set), scores: reached.scores(since: start, set))
            }
        }
        let measurements =
            TestSet.allCases.flatMap { set in last[set]?.measurements(set) ?? [] }
            + changes(Self.forgetting, translations.count - 1) { curve.forgetting($0) }
            + (hasText ? changes(Self.retention, curve.placeOfLearning() ?? 0) { curve.retention($0) } : [])
            + [
                Measurement(Self.parameters, value: Double(training.model.parameterCount)),
                Measurement(Self.trainFlops, value: Double(flops)),
                Measurement(Self.textSeconds, value: seconds.text),
                Measurement(Self.trainSeconds, value: seconds.speech),
                Measurement(Self.decodeMilliseconds, value: 1000 * decodeSeconds / Double(sentenceCount)),
            ]
            + (speech == .smoke
                ? [] : Latency.measurements { _ = training.model.translations(of: Array(numbers.speechIn.prefix(1))) })
        let sentences = TestSet.allCases.map { last[$0]?.table($0) ?? "" }.joined()
        return CaseOutcome(
            measurements, dataDigests: ["recordings": recordings.digest],
            artefacts: [
                Artefact(name: "curve.tsv", mediaType: "text/tab-separated-values", bytes: Array(curve.table.utf8)),
                Artefact(name: "sentences.tsv", mediaType: "text/tab-separated-values", bytes: Array(sentences.utf8)),
            ] + (hasText ? [Self.frontier(curve)] : []))
    }

    /// What is left of text against what is learned of speech, a row a measurement.
    private static func frontier(_ curve: LearningCurve) -> Artefact {
        let rows = curve.rows.map { "\($0.bleu[.textIn] ?? .nan)\t\($0.bleu[.speechIn] ?? .nan)\n" }
        return Artefact(
            name: "frontier.tsv", mediaType: "text/tab-separated-values",
            bytes: Array(("MT-in, BLEU\tST-in, BLEU\n" + rows.joined()).utf8))
    }

    private func recordings(_ context: CaseContext) throws -> DigitRecordings {
        switch speech {
        case .voices: return .formantVoices()
        case .smoke: return .formantVoices(trainTakes: 2, testTakes: 1)
        case .people:
            guard let folder = context.dataFolder else { throw MissingDataFolder(caseID: id) }
            return try DigitRecordings(folder: folder + "/st/fsdd")
        }
    }
}

/// Eight spoken numbers learned by heart: whether the model can learn at all.
public struct SpokenNumberOverfit: BenchCase {
    /// The case.
    public init() {}

    /// `st.snt.overfit`.
    public var id: String { "st.snt.overfit" }

    /// What `bench list --long` says.
    public var summary: String { "Eight numbers by made-up voices learned by heart: loss below 0.1." }

    /// Smoke.
    public var tier: Tier { .smoke }

    /// Seconds on two cores.
    public var expectedSeconds: Double { 5 }

    /// Raised when old results are no longer comparable.
    public var version: Int { 1 }

    /// Every setting of model and training.
    public var configuration: [String: String] { ["preset": canonicalJSON(TransferConfiguration.nanoOverfit)] }

    /// None.
    public var dataFolders: [String] { [] }

    /// The last loss and the share of numbers translated exactly.
    public var metrics: [Metric] { [Self.loss, Self.exactShare] }

    private static let loss = Metric("loss", .exact, unit: "nats", direction: .lowerIsBetter, decimals: 4)
    private static let exactShare = Metric("exact", .exact, direction: .higherIsBetter, decimals: 3)

    /// Trains on eight utterances and translates them.
    public func run(in context: CaseContext) throws -> CaseOutcome {
        let recordings = DigitRecordings.formantVoices(trainTakes: 2, testTakes: 1)
        let numbers = Array(SpokenNumbers(recordings, .few).train.prefix(8))
        let settings = TransferConfiguration.nanoOverfit
        var training = TransferTraining(.scratch, settings, from: nil, on: numbers, seed: context.seed)
        while !training.isFinished {
            try training.step()
            context.report(Double(training.losses.count) / Double(settings.speechStage.steps), "by heart")
        }
        return CaseOutcome(
            [
                Measurement(Self.loss, value: Double(training.losses.last ?? .nan)),
                Measurement(Self.exactShare, value: training.model.translations(of: numbers).exactShare),
            ], dataDigests: ["recordings": recordings.digest])
    }
}
