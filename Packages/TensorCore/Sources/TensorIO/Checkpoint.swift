// Everything a stopped training needs to continue to the same bits, in one safetensors file; and weights alone, from
// files of other names and as means of several checkpoints.
//
// Tensors: `model.<parameter>`, `optimiser.<name>`, `state.<name>`. Metadata: `configuration` (SHA-256), `step`,
// `optimiser` (steps made and skipped), `generator.<name>` (JSON), `note.<name>`.

internal import Foundation
public import Learning
public import Tensors

/// A training's state at one step.
public struct Checkpoint: Sendable {
    /// Steps done, and so the position of the schedule.
    public let step: Int
    /// Random generators by the caller's names.
    public let generators: [String: Philox]
    /// Tensors of the caller's: losses so far, running means.
    public let tensors: [String: Tensor]
    /// Texts of the caller's: the position in the data, for example.
    public let notes: [String: String]
    private let model: [String: Tensor]
    private let optimiser: OptimiserState
    private let configurationDigest: String
    private let file: String

    /// The state of a training, as it is now.
    ///
    /// - Parameters:
    ///   - model: Its parameters and buffers are kept.
    ///   - optimiser: Its state.
    ///   - step: Steps done.
    ///   - configuration: A text that is equal for equal settings; a checkpoint of another is refused.
    ///   - generators: Those that have advanced.
    ///   - tensors: Whatever else is needed to continue.
    ///   - notes: The same, as text.
    public init(
        of model: some Module, optimiser: OptimiserState, step: Int, configuration: String,
        generators: [String: Philox] = [:], tensors: [String: Tensor] = [:], notes: [String: String] = [:]
    ) {
        (self.optimiser, self.step, self.generators) = (optimiser, step, generators)
        (self.tensors, self.notes) = (tensors, notes)
        self.model = Dictionary(uniqueKeysWithValues: model.saved.map { ($0.name, $0.box.value) })
        configurationDigest = SHA256.hexDigest(of: Array(configuration.utf8))
        file = "checkpoint in memory"
    }

    /// Reads a checkpoint that was written under the same configuration.
    public init(contentsOf path: String, configuration: String) throws(TensorIOError) {
        try self.init(try SafeTensors(contentsOf: path), named: path, configuration: configuration)
    }

    init(_ content: SafeTensors, named path: String, configuration: String) throws(TensorIOError) {
        file = path
        configurationDigest = SHA256.hexDigest(of: Array(configuration.utf8))
        let metadata = content.metadata
        guard let digest = metadata["configuration"], let step = metadata["step"].flatMap(Int.init), step >= 0,
            let counts = metadata["optimiser"]?.split(separator: " ").compactMap({ Int($0) }), counts.count == 3,
            counts.allSatisfy({ $0 >= 0 })
        else {
            throw .unsupported(file: path, what: "is not a checkpoint", remedy: "give a file that a training wrote")
        }
        guard digest == configurationDigest else { throw .otherConfiguration(file: path) }
        var parts: [String: [String: Tensor]] = [:]
        for (name, tensor) in try content.tensors() {
            let (part, rest) = split(name)
            guard ["model", "optimiser", "state"].contains(part) else {
                throw .damaged(file: path, what: "its tensor '\(name)' belongs to no part of a checkpoint")
            }
            parts[part, default: [:]][rest] = tensor
        }
        (self.step, model, tensors) = (step, parts["model"] ?? [:], parts["state"] ?? [:])
        optimiser = OptimiserState(
            stepCount: counts[0], skippedCount: counts[1], tensors: parts["optimiser"] ?? [:])
        guard optimiser.tensors.count == counts[2] else {
            throw .damaged(
                file: path, what: "it has \(optimiser.tensors.count) of its optimiser's \(counts[2]) tensors")
        }
        var (generators, notes): ([String: Philox], [String: String]) = ([:], [:])
        for (key, text) in metadata {
            let (part, name) = split(key)
            if part == "note" { notes[name] = text }
            guard part == "generator" else { continue }
            guard let generator = try? JSONDecoder().decode(Philox.self, from: Data(text.utf8)) else {
                throw .damaged(file: path, what: "its generator '\(name)' has no state that can be read")
            }
            generators[name] = generator
        }
        (self.generators, self.notes) = (generators, notes)
    }

    /// Writes the checkpoint, whole or not at all; equal states give equal bytes.
    public func write(to path: String) throws(TensorIOError) {
        var all: [String: Tensor] = [:]
        for (name, tensor) in model { all["model.\(name)"] = tensor }
        for (name, tensor) in optimiser.tensors { all["optimiser.\(name)"] = tensor }
        for (name, tensor) in tensors { all["state.\(name)"] = tensor }
        var metadata = [
            "configuration": configurationDigest, "step": String(step),
            "optimiser": "\(optimiser.stepCount) \(optimiser.skippedCount) \(optimiser.tensors.count)",
        ]
        for (name, text) in notes { metadata["note.\(name)"] = text }
        for (name, generator) in generators { metadata["generator.\(name)"] = canonicalJSON(generator) }
        try SafeTensors(all, metadata: metadata).write(to: path)
    }

    /// Gives a model its parameters and buffers back, and returns the optimiser's state.
    ///
    /// Every tensor of the model must be there in its shape, and no other; the optimiser's are `<kind>.<parameter>` in
    /// the parameter's shape, all parameters of a kind. The model is unchanged if this throws.
    public func restore(_ model: some Module) throws(TensorIOError) -> OptimiserState {
        let shapes = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.box.value.shape) })
        var expected: [String: [Int]] = [:]
        for kind in Set(optimiser.tensors.keys.map { split($0).part }) {
            for (name, shape) in shapes { expected["\(kind).\(name)"] = shape }
        }
        let problems = TensorMismatch(of: optimiser.tensors, expected: expected)
        guard problems.isEmpty else { throw .mismatchedTensors(file: file, problems) }
        try model.load(self.model, named: file)
        return optimiser
    }

    /// The arithmetic means of the models of several checkpoints, by the model's own names; they must hold the same
    /// tensors.
    ///
    /// Summed in double precision and rounded once: the mean of equal checkpoints is each of them. One tensor of each
    /// file is in memory at a time.
    public static func averagedModel(of paths: [String]) throws(TensorIOError) -> [String: Tensor] {
        var files: [SafeTensors] = []
        for path in paths { files.append(try SafeTensors(contentsOf: path)) }
        guard let first = files.first else { return [:] }
        let expected = modelShapes(first)
        var means: [String: Tensor] = [:]
        for (path, file) in zip(paths, files) {
            let problems = TensorMismatch(of: modelShapes(file), expected: expected)
            guard problems.isEmpty else { throw .mismatchedTensors(file: path, problems) }
        }
        for (name, shape) in expected {
            var sums = [Double](repeating: 0, count: shape.reduce(1, *))
            for file in files {
                for (index, value) in try file.tensor("model.\(name)").scalars.enumerated() {
                    sums[index] += Double(value)
                }
            }
            means[name] = Tensor(sums.map { Float($0 / Double(files.count)) }, shape: shape)
        }
        return means
    }

    private static func modelShapes(_ file: SafeTensors) -> [String: [Int]] {
        var shapes: [String: [Int]] = [:]
        for name in file.names where split(name).part == "model" { shapes[split(name).rest] = file.shape(of: name) }
        return shapes
    }
}

/// How a set of tensors differs from what was expected.
public struct TensorMismatch: Sendable, Equatable {
    /// A tensor of another shape than expected.
    public struct Misshaped: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// The shape it has.
        public let shape: [Int]
        /// The shape it should have.
        public let expected: [Int]

        /// A tensor of another shape than expected.
        public init(name: String, shape: [Int], expected: [Int]) {
            (self.name, self.shape, self.expected) = (name, shape, expected)
        }
    }

    /// Names that are not there, sorted.
    public let missing: [String]
    /// Names that are too many, sorted.
    public let extra: [String]
    /// Tensors of other shapes, by name.
    public let misshaped: [Misshaped]

    /// A difference from its parts.
    public init(missing: [String] = [], extra: [String] = [], misshaped: [Misshaped] = []) {
        (self.missing, self.extra, self.misshaped) = (missing, extra, misshaped)
    }

    init(of shapes: [String: [Int]], expected: [String: [Int]]) {
        missing = expected.keys.filter { shapes[$0] == nil }.sorted()
        extra = shapes.keys.filter { expected[$0] == nil }.sorted()
        misshaped = shapes.keys.sorted().compactMap { name in
            guard let shape = shapes[name], let wanted = expected[name], shape != wanted else { return nil }
            return Misshaped(name: name, shape: shape, expected: wanted)
        }
    }

    init(of tensors: [String: Tensor], expected: [String: [Int]]) {
        self.init(of: tensors.mapValues(\.shape), expected: expected)
    }

    var isEmpty: Bool { missing.isEmpty && extra.isEmpty && misshaped.isEmpty }
}

extension Module {
    /// Replaces the values of all parameters and buffers.
    ///
    /// - Parameters:
    ///   - tensors: What a file holds.
    ///   - file: The file's name in errors.
    ///   - ownName: The name here of a tensor's name there; `nil` to leave it out. Names are the same if not given.
    /// - Throws: `mismatchedTensors` unless each parameter and buffer is there once in its shape, and nothing else; the
    ///   model is unchanged then. A second tensor for one name is too many and listed under its name there.
    public func load(
        _ tensors: [String: Tensor], named file: String, ownName: (String) -> String? = { $0 }
    ) throws(TensorIOError) {
        var (own, repeated): ([String: Tensor], [String]) = ([:], [])
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            guard let ownName = ownName(name) else { continue }
            if own.updateValue(tensor, forKey: ownName) != nil { repeated.append(name) }
        }
        let boxes = saved
        let found = TensorMismatch(
            of: own, expected: Dictionary(uniqueKeysWithValues: boxes.map { ($0.name, $0.box.value.shape) }))
        let problems = TensorMismatch(
            missing: found.missing, extra: (found.extra + repeated).sorted(), misshaped: found.misshaped)
        guard problems.isEmpty else { throw .mismatchedTensors(file: file, problems) }
        for (name, box) in boxes {
            if let value = own[name] { box.value = value }
        }
    }

    /// What a file of the model holds.
    fileprivate var saved: [(name: String, box: ParameterBox)] { parameters + buffers }
}

/// `a.b.c` as `a` and `b.c`.
private func split(_ name: String) -> (part: String, rest: String) {
    guard let dot = name.firstIndex(of: ".") else { return (name, "") }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
}
