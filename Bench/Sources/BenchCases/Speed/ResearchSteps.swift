// Each research line's own training step, with model and batch of its nightly cases.

internal import BenchPeers
internal import Dialogue
internal import INR
internal import SpeechTranslation
internal import VisionPAD

extension SpeedWork {
    /// The nightly steps of the lines, on little data: batches are as large as at night.
    static let research: [SpeedWork] = [
        picture("transinr", "TransINR", TransINR.self), picture("ipc", "Instance pattern composers", IPC.self),
        picture("la-ginr", "LA-GINR", LocalityAwareINR.self),
        face("pix", "Pixel-binary network", PixelBinary12.self), face("cdc", "Central differences", CDC.self),
        face("minifas", "MiniFAS-12", MiniFAS12.self),
        dialogue, translation,
    ]

    private typealias IPC = InstancePatternComposers
    private typealias CDC = CentralDifference12

    private static func picture<Model: GeneralizableINR>(
        _ name: String, _ summary: String, _: Model.Type
    ) -> SpeedWork {
        SpeedWork(name: "inr.\(name)", summary: "\(summary): training step of 'inr.img32'", repeats: 2) { size, seed in
            let pictures = GeneratedImages(seed: 2023, split: "train").images(count: 32, side: 32)
            var training = INRTraining<Model>(size(.nightly32, .smoke32), on: pictures.images, seed: seed)
            return { try training.step() }
        }
    }

    private static func face<Model: PresentationAttackDetector>(
        _ name: String, _ summary: String, _: Model.Type
    ) -> SpeedWork {
        SpeedWork(name: "pad.\(name)", summary: "\(summary): training step of 'pad.shift'", repeats: 2) { _, seed in
            let faces = GeneratedFaces(seed: GeneratedShift.world)
            var sizes = PADConfiguration.smoke.sizes
            sizes.training = .init(people: 8, bonaFide: 16, attacksPerSpecies: 4)  // one batch
            let sets = ProtocolSets(sizes, seed: GeneratedShift.world)
            var training = PADTraining<Model>(.reduced, on: faces.frames(sets.training(.twoPlaces)), seed: seed)
            return { try training.step() }
        }
    }

    /// The latent query from the first step on: queries are sampled, searched for, and learned from.
    ///
    /// Shapes vary; after forty steps buffers of all sizes are there.
    private static let dialogue = SpeedWork(
        name: "dialogue.latent",
        summary: "Latent query: training step of 'dialogue.synth.easy.lat'; twins do not search", warmUps: 40
    ) { size, seed in
        var settings = DialogueConfiguration.probe
        (settings.warmSteps, settings.gate) = (0, 0)
        let world = SyntheticWorld.generate(.easy, train: size(1000, 100), test: 1).world
        var training = try DialogueTraining(
            .latent, settings, on: world, search: WorldSearch(world.documents), seed: seed)
        return { try training.step() }
    }

    private static let translation = SpeedWork(
        name: "st.cikd", summary: "Consistency-informed distillation: training step of 'st.snt.cikd'"
    ) { size, seed in
        let settings = size(TransferConfiguration.nano, .nanoSmoke)
        let numbers = SpokenNumbers(.formantVoices(trainTakes: 2, testTakes: 1), .few)
        let text = TextTraining(settings, seed: seed).model
        var training = TransferTraining(.informed, settings, from: text, on: numbers.train, seed: seed)
        return { try training.step() }
    }
}
