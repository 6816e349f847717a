// The gated recurrent unit.

public import Tensors

/// A gated recurrent unit.
///
/// Cho et al. 2014, with the reset gate after the product as PyTorch has it: r = σ(Wᵣx + Uᵣh), z = σ(W_z x + U_z h), n = tanh(Wₙx + r·(Uₙh)), h ← (1−z)·n + z·h; every product has its bias.
public struct GRU: Module {
    /// W of r, z and n: `[3·hidden, in]`.
    public let input: Linear
    /// U of r, z and n: `[3·hidden, hidden]`.
    public let hidden: Linear
    private let hiddenSize: Int

    /// Uniform in ±1/√hidden, PyTorch's default.
    public init(_ inputs: Int, hiddenSize: Int, using generator: inout Philox) {
        input = Linear(inputs, 3 * hiddenSize, using: &generator)
        hidden = Linear(hiddenSize, 3 * hiddenSize, using: &generator)
        self.hiddenSize = hiddenSize
        let bound = 1 / Float(hiddenSize).squareRoot()
        for parameter in [input, hidden].flatMap(\.parameters) {
            parameter.box.value = .uniform(parameter.box.value.shape, in: -bound..<bound, using: &generator)
        }
    }

    /// Every step's state.
    ///
    /// - Parameters:
    ///   - x: `[batch, time, in]`.
    ///   - start: The state before the first step, `[batch, hidden]`; zeros by default.
    /// - Returns: `[batch, time, hidden]`; the last step's is the state to go on from.
    public func callAsFunction(_ x: Tensor, from start: Tensor? = nil) -> Tensor {
        let (batch, time, _) = x.shape3
        var state = start ?? .zeros([batch, hiddenSize])
        if time == 0 { return .zeros([batch, 0, hiddenSize]) }
        let pieces = [Int](repeating: hiddenSize, count: 3)
        let states = input(x).unstacked(along: 1).map { step in
            let (fromInput, fromState) = (step.split(along: -1, pieces), hidden(state).split(along: -1, pieces))
            let r = (fromInput[0] + fromState[0]).sigmoid()
            let z = (fromInput[1] + fromState[1]).sigmoid()
            let n = (fromInput[2] + r * fromState[2]).tanh()
            state = n + z * (state - n)
            return state
        }
        return Tensor.stacked(states, along: 1)
    }
}
