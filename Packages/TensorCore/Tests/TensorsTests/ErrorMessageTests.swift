// Programming errors stop with a sentence that names the operation and what it was given.

import Tensors
import Testing

@Suite struct ErrorMessageTests {
    @Test func `shapes that do not fit are named with their operation`() async {
        let product = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones([2, 3]).matmul(.ones([2, 3]))
        }
        #expect(says(product, "matmul: shapes [2, 3] and [2, 3] do not fit; see the shapes in its documentation."))
        let sum = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones([2, 3]) + Tensor.ones([2])
        }
        #expect(says(sum, "+: shapes [2, 3] and [2] do not fit; see the shapes in its documentation."))
        let largest = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones([2, 0]).max(along: -1)
        }
        #expect(says(largest, "max: shapes [2, 0] do not fit; see the shapes in its documentation."))
        let loss = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = gradient(at: .ones([2])) { $0 }
        }
        #expect(says(loss, "valueAndGradients (the function must return one element): shapes [2] do not fit;"))
    }

    @Test func `an axis or index outside is named with its bounds`() async {
        let axis = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones([2, 3]).sum(along: -3)
        }
        #expect(says(axis, "sum: axis -3 is outside a tensor of rank 2; use -2..<2."))
        let index = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Tensor.ones([3]).gathered(at: Indices([0, -1]))
        }
        #expect(says(index, "gathered: index -1 at position 1 is outside 0..<3."))
    }
}
