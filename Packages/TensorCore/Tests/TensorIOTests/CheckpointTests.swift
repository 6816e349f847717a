import Foundation
import Learning
import TensorTesting
import Tensors
import Testing

@testable import TensorIO

/// Two maps and a fixed table.
private struct Toy: Module {
    let maps: [Linear]
    @Buffer var table = Tensor([1, 2], shape: [2])

    init(seed: UInt64) {
        var generator = Philox(seed: seed)
        maps = [Linear(2, 3, using: &generator), Linear(3, 1, using: &generator)]
    }

    func loss(_ x: Tensor) -> Tensor { (maps[1](maps[0](x * table).relu()) - Tensor(1)).squared().mean() }
}

private func values(_ toy: Toy) -> [[Float]] { (toy.parameters + toy.buffers).map { $0.box.value.scalars } }

private func step(_ toy: Toy, _ adam: inout Adam, _ generator: inout Philox) {
    let x = Tensor.normal([4, 2], using: &generator)
    adam.update(toy, gradients: valueAndGradient(of: toy) { $0.loss(x) }.gradients)
}

@Suite struct CheckpointTests {
    @Test func `a training that stopped and resumed has the bits of one that did not`() throws {
        let whole = Toy(seed: 1)
        var (adam, generator) = (Adam(learningRate: 0.1), Philox(seed: 9))
        for _ in 0..<3 { step(whole, &adam, &generator) }
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.safetensors"
            whole.table = Tensor([3, 4], shape: [2])
            let saved = Checkpoint(
                of: whole, optimiser: adam.state, step: 3, configuration: "toy", generators: ["data": generator],
                tensors: ["losses": Tensor([1, 2, 3], shape: [3])], notes: ["position": "12"])
            try saved.write(to: path)
            for _ in 0..<3 { step(whole, &adam, &generator) }

            let read = try Checkpoint(contentsOf: path, configuration: "toy")
            let resumed = Toy(seed: 2)
            var other = Adam(learningRate: 0.1)
            other.state = try read.restore(resumed)
            var data = try #require(read.generators["data"])
            for _ in 0..<3 { step(resumed, &other, &data) }
            #expect(values(resumed) == values(whole) && resumed.table.scalars == [3, 4])
            #expect(read.step == 3 && read.notes == ["position": "12"] && data == generator)
            #expect(read.tensors["losses"]?.scalars == [1, 2, 3])
            try read.write(to: "\(folder)/b.safetensors")
            #expect(try readFile("\(folder)/b.safetensors") == readFile(path))
        }
    }

    @Test func `a generator's whole state survives`() throws {
        try withTemporaryFolder { folder in
            var generator = Philox(seed: .max, stream: "ü")
            _ = generator.next()
            let path = "\(folder)/a.safetensors"
            try Checkpoint(
                of: Toy(seed: 1), optimiser: Adam(learningRate: 1).state, step: 0, configuration: "",
                generators: ["a.b": generator]
            ).write(to: path)
            #expect(try Checkpoint(contentsOf: path, configuration: "").generators == ["a.b": generator])
        }
    }

    @Test func `other settings and other files are refused`() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.safetensors"
            try Checkpoint(of: Toy(seed: 1), optimiser: Adam(learningRate: 1).state, step: 0, configuration: "one")
                .write(to: path)
            #expect(throws: TensorIOError.otherConfiguration(file: path)) {
                try Checkpoint(contentsOf: path, configuration: "two")
            }
            let weights = goldenPath("written.safetensors")
            #expect(
                throws: TensorIOError.unsupported(
                    file: weights, what: "is not a checkpoint", remedy: "give a file that a training wrote")
            ) { try Checkpoint(contentsOf: weights, configuration: "one") }
        }
    }

    @Test func `a checkpoint that does not fit names every difference and changes nothing`() throws {
        let source = Toy(seed: 1)
        var (adam, generator) = (Adam(learningRate: 0.1), Philox(seed: 9))
        step(source, &adam, &generator)
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.safetensors"
            try Checkpoint(of: source, optimiser: adam.state, step: 1, configuration: "").write(to: path)
            let file = try SafeTensors(contentsOf: path)
            func expect(_ problems: TensorMismatch, after change: (inout [String: Tensor]) -> Void) throws {
                var tensors = try file.tensors()
                change(&tensors)
                try SafeTensors(tensors, metadata: file.metadata).write(to: path)
                let target = Toy(seed: 2)
                let before = values(target)
                #expect(throws: TensorIOError.mismatchedTensors(file: path, problems)) {
                    try Checkpoint(contentsOf: path, configuration: "").restore(target)
                }
                #expect(values(target) == before)
            }
            try expect(
                TensorMismatch(
                    missing: ["maps.0.bias", "table"], extra: ["maps.2.bias"],
                    misshaped: [.init(name: "maps.1.bias", shape: [2, 2], expected: [1])])
            ) { tensors in
                tensors["model.maps.0.bias"] = nil
                tensors["model.table"] = nil
                tensors["model.maps.2.bias"] = Tensor(1)
                tensors["model.maps.1.bias"] = .zeros([2, 2])
            }
            try expect(TensorMismatch(missing: ["second.maps.0.bias"], extra: ["second.x"])) { tensors in
                tensors["optimiser.second.maps.0.bias"] = nil
                tensors["optimiser.second.x"] = Tensor(1)
            }
            var tensors = try file.tensors()
            for name in tensors.keys where name.hasPrefix("optimiser.second") { tensors[name] = nil }
            try SafeTensors(tensors, metadata: file.metadata).write(to: path)
            #expect(throws: TensorIOError.damaged(file: path, what: "it has 4 of its optimiser's 8 tensors")) {
                try Checkpoint(contentsOf: path, configuration: "")
            }
            var metadata = file.metadata
            metadata["generator.a"] = "{}"
            try SafeTensors(try file.tensors(), metadata: metadata).write(to: path)
            #expect(throws: TensorIOError.damaged(file: path, what: "its generator 'a' has no state that can be read"))
            {
                try Checkpoint(contentsOf: path, configuration: "")
            }
        }
    }

    @Test func `weights of other names load through a mapping`() throws {
        let (source, target) = (Toy(seed: 1), Toy(seed: 2))
        var foreign: [String: Tensor] = ["module.num_batches_tracked": Tensor(5)]
        for (name, box) in source.parameters + source.buffers { foreign["module.\(name)"] = box.value }
        try target.load(foreign, named: "x") { name in
            name.hasSuffix("num_batches_tracked") ? nil : String(name.dropFirst("module.".count))
        }
        #expect(values(target) == values(source))

        foreign["other.table"] = Tensor([0, 0], shape: [2])
        #expect(throws: TensorIOError.mismatchedTensors(file: "x", TensorMismatch(extra: ["other.table"]))) {
            try target.load(foreign, named: "x") { name in
                let parts = name.split(separator: ".", maxSplits: 1)
                return parts[1] == "num_batches_tracked" ? nil : String(parts[1])
            }
        }
    }

    @Test func `the mean of checkpoints is the mean of each number`() throws {
        try withTemporaryFolder { folder in
            let paths = try (1...3).map { index in
                let toy = Toy(seed: 5)
                toy.table = Tensor([Float(index), [1e30, 1, -1e30][index - 1]], shape: [2])
                let path = "\(folder)/\(index).safetensors"
                try Checkpoint(
                    of: toy, optimiser: Adam(learningRate: 1).state, step: index, configuration: String(index)
                ).write(to: path)
                return path
            }
            let mean = try Checkpoint.averagedModel(of: paths)
            // Equal numbers stay what they are; 1 … 3 have the mean 2.
            let toy = Toy(seed: 5)
            for (name, box) in toy.parameters { #expect(mean[name]?.scalars == box.value.scalars) }
            #expect(mean["table"]?.scalars[0] == 2)
            try Toy(seed: 1).load(mean, named: "mean")
            #expect(try Checkpoint.averagedModel(of: []).isEmpty)

            let path = "\(folder)/other.safetensors"
            try SafeTensors(["model.table": Tensor(1)]).write(to: path)
            #expect {
                try Checkpoint.averagedModel(of: paths + [path])
            } throws: { error in
                if case .mismatchedTensors(path, _)? = error as? TensorIOError { true } else { false }
            }
        }
    }
}
