// Softmax and its logarithm.

internal import TensorKernels

extension Tensor {
    /// Softmax of `scale · x` along an axis, the largest element subtracted first; a row that is all −∞ gives zeros.
    public func softmax(along axis: Int = -1, scale: Float = 1) -> Tensor {
        lastAxis(axis, "softmax") { $0.rowSoftmax(scale: scale, causalPeriod: 0) }
    }

    /// The logarithm of softmax along an axis; −∞ everywhere in a row that is all −∞.
    public func logSoftmax(along axis: Int = -1) -> Tensor {
        lastAxis(axis, "logSoftmax") { x in
            Kernels.logSoftmax(x).recorded(from: [x], savesOutput: true) { g, context in
                let y = context.output
                if !context.isRecording { return [Kernels.logSoftmaxGradient(y, cotangent: g)] }
                return [g - y.exp() * g.sum(along: -1, keepsAxes: true)]
            }
        }
    }

    /// Rows of softmax; with a period T row r sees only columns up to r mod T, aligned at the bottom right.
    func rowSoftmax(scale: Float, causalPeriod: Int) -> Tensor {
        Kernels.softmax(self, scale: scale, causalPeriod: causalPeriod).recorded(from: [self], savesOutput: true) {
            g, context in
            let y = context.output
            if !context.isRecording { return [Kernels.softmaxGradient(y, cotangent: g, scale: scale)] }
            return [(y * (g - (g * y).sum(along: -1, keepsAxes: true))) * scale]
        }
    }

    private func lastAxis(_ axis: Int, _ name: StaticString, _ body: (Tensor) -> Tensor) -> Tensor {
        let axis = resolvedAxis(axis, rank: rank, name)
        return axis == rank - 1 ? body(self) : body(transposed(axis, -1)).transposed(axis, -1)
    }
}
