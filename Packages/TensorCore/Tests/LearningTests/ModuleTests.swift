// Names by reflection, shared boxes, and gradients that leave a model as it was.

import Learning
import Testing

@testable import Tensors

private struct Branch: Module {
    let layers: [Linear]
    @Parameter var scale: Tensor
    @Buffer var mean: Tensor
    let label = "not a parameter"
    let spare: Linear?
}

private struct Tree: Module {
    @Parameter var zeta: Tensor
    let branches: [Branch]
    let alpha: Linear
}

private func tree(branchCount: Int = 1) -> Tree {
    var generator = Philox(seed: 1)
    let linear = { (inputs: Int) in Linear(inputs, 2, usesBias: false, using: &generator) }
    let branches = (0..<branchCount).map { _ in
        Branch(layers: [linear(2), linear(2)], scale: .ones([2]), mean: .zeros([2]), spare: nil)
    }
    return Tree(zeta: .ones([2]), branches: branches, alpha: linear(3))
}

private struct Stop: Error {}

@Suite struct ModuleTests {
    @Test func `names are property paths, in byte order`() {
        #expect(
            tree().parameters.map(\.name) == [
                "alpha.weight", "branches.0.layers.0.weight", "branches.0.layers.1.weight", "branches.0.scale", "zeta",
            ])
        #expect(tree().buffers.map(\.name) == ["branches.0.mean"])
        // Byte order puts 10 before 2.
        let scales = tree(branchCount: 11).parameters.map(\.name).filter { $0.hasSuffix("scale") }
        #expect(scales.prefix(4) == ["branches.0.scale", "branches.1.scale", "branches.10.scale", "branches.2.scale"])
        #expect(tree().parameterCount == 6 + 4 + 4 + 2 + 2)
    }

    @Test func `optional modules and parameters count when they are there`() {
        var generator = Philox(seed: 1)
        #expect(Linear(3, 2, using: &generator).parameters.map(\.name) == ["bias", "weight"])
        let branch = Branch(
            layers: [], scale: .ones([2]), mean: .zeros([2]), spare: Linear(3, 2, usesBias: false, using: &generator))
        #expect(branch.parameters.map(\.name) == ["scale", "spare.weight"])
    }

    @Test func `a copy shares its parameters`() {
        let original = tree()
        let copy = original
        copy.zeta = Tensor([5, 6], shape: [2])
        #expect(original.zeta.scalars == [5, 6])
        #expect(tree().zeta.scalars == [1, 1])
    }

    @Test func `gradients come in the order of the parameters and leave the model as it was`() {
        let model = tree()
        let before = model.parameters.map { $0.box.value.scalars }
        // Σ zeta²·scale: 2·zeta·scale for zeta, zeta² for scale, nothing for the rest.
        let (value, gradients) = valueAndGradient(of: model) { ($0.zeta.squared() * $0.branches[0].scale).sum() }
        #expect(value.item == 2)
        #expect(gradients.map(\.shape) == model.parameters.map { $0.box.value.shape })
        #expect(gradients.map { $0.sum().item } == [0, 0, 0, 2, 4])
        #expect(model.parameters.map { $0.box.value.scalars } == before)
        #expect(model.parameters.allSatisfy { $0.box.value.node == nil })
    }

    @Test func `a loss that throws leaves the model as it was, outside any graph`() {
        let model = tree()
        var seen: Tensor?
        #expect(throws: Stop.self) {
            try valueAndGradient(of: model) { model in
                seen = model.zeta
                throw Stop()
            }
        }
        #expect(seen?.node != nil)
        #expect(model.parameters.allSatisfy { $0.box.value.node == nil })
    }
}
