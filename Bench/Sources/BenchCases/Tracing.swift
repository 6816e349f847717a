// What of a training goes into a trace.

internal import Learning
internal import Measurements
internal import TensorIO
internal import Tensors

/// Steps from one digest of the parameters to the next.
private let digestInterval = 50

extension Trace {
    /// One step: its loss, and every fifty steps each of the model's tensors, so that the first to differ has a name.
    ///
    /// `stage` tells trainings of one case apart; it begins the rows' names.
    func step(_ index: Int, loss: Float?, _ model: some Module, stage: String = "") {
        if let loss { number(Double(loss), stage + "loss", step: index) }
        guard index.isMultiple(of: digestInterval), level >= 2 else { return }
        for (name, box) in model.parameters {
            digest(stage + name, step: index) { digest64(box.value.scalars) }
        }
    }
}

/// The first 64 bits of SHA-256 over the numbers' little-endian bytes.
private func digest64(_ numbers: [Float]) -> UInt64 {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * numbers.count)
    for number in numbers {
        for shift in stride(from: 0, to: 32, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(shift)))
        }
    }
    return UInt64(SHA256.hexDigest(of: bytes).prefix(16), radix: 16) ?? 0
}
