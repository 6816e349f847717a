// Connectionist temporal classification (Graves et al. 2006): the probability that frames spell a shorter target, summed
// over all alignments. Forward and backward recursions are written in differentiable operations over log-probabilities,
// once, and the pullback is the posterior they give: nothing is recorded frame by frame unless a second gradient asks.

/// −log p(target | frames) of every sequence of a batch.
///
/// - Parameters:
///   - logProbabilities: `[batch, frame, class]`.
///   - targets: Per sequence its labels, each in `0..<class` and not `blank`; may be empty.
///   - frameCounts: Per sequence its valid frames, in `1...frame`; all of them by default.
///   - blank: The class of a frame that says nothing.
///   - zeroesInfeasible: Whether a target that does not fit its frames costs 0 instead of +∞.
/// - Returns: `[batch]` in nats. The gradient with respect to a log-probability is minus the posterior of that class in
///   that frame; it is 0 beyond the valid frames and for targets that do not fit.
public func ctcLosses(
    _ logProbabilities: Tensor, targets: [[Int32]], frameCounts: [Int]? = nil, blank: Int32 = 0,
    zeroesInfeasible: Bool = false
) -> Tensor {
    let (batch, frames, classes) = logProbabilities.shape3
    let counts = frameCounts ?? [Int](repeating: frames, count: batch)
    shapeCheck(
        targets.count == batch && counts.count == batch && counts.allSatisfy { 1...frames ~= $0 }, "ctcLosses",
        logProbabilities.shape, [targets.count], counts)
    Indices(targets.flatMap(\.self)).check(below: classes, "ctcLosses")
    shapeCheck(
        blank >= 0 && blank < classes && !targets.contains { $0.contains(blank) }, "ctcLosses (blank in a target)",
        [Int(blank)])
    let lattice = CTCLattice(targets: targets, frameCounts: counts, frames: frames, classes: classes, blank: blank)
    let evidence = lattice.evidence(of: lattice.forward(lattice.emissions(logProbabilities.detached)))
    let isFeasible = evidence.isGreater(than: impossible / 2)
    // A NaN counts as infeasible and stays a NaN.
    let fallback = evidence * 0 + (zeroesInfeasible ? 0 : .infinity)
    return (-evidence).selected(where: isFeasible, else: fallback).recorded(
        from: [logProbabilities], saving: [logProbabilities, isFeasible]
    ) { g, context in
        let posterior = lattice.posterior(context[0]).selected(
            where: context[1].reshaped(to: [batch, 1, 1]), else: Tensor(0))
        return [-(posterior * g.reshaped(to: [batch, 1, 1]))]
    }
}

/// The logarithm that stands for probability 0: finite, so that sums with it have gradients.
private let impossible: Float = -1e30

/// The states of a batch of targets: a blank before, between and after the labels, `[batch, state]`.
private struct CTCLattice: Sendable {
    private let batch, frames, classes, states: Int
    private let frameCounts: [Int]
    /// The place of every state's class in every frame of `[batch, frame, class]`.
    private let places: Indices
    /// 0 where a path may enter from two states before, else `impossible`.
    private let skip: Tensor
    /// 0 at the first blank and the first label, else `impossible`.
    private let start: Tensor
    /// 0 at the last label and the last blank, else `impossible`.
    private let end: Tensor

    init(targets: [[Int32]], frameCounts: [Int], frames: Int, classes: Int, blank: Int32) {
        let states = 2 * (targets.map(\.count).max() ?? 0) + 1
        (batch, self.frames, self.classes, self.states) = (targets.count, frames, classes, states)
        self.frameCounts = frameCounts
        let labels = targets.map { target in
            (0..<states).map { $0 % 2 == 1 && $0 / 2 < target.count ? target[$0 / 2] : blank }
        }
        places = Indices(
            (0..<targets.count * frames).flatMap { row in
                labels[row / frames].map { Int32(row * classes) + $0 }
            }, shape: [targets.count, frames, states])
        func allowed(_ test: (_ target: Int, _ state: Int) -> Bool) -> Tensor {
            let values = targets.indices.flatMap { target in
                (0..<states).map { test(target, $0) ? 0 : impossible }
            }
            return Tensor(values, shape: [targets.count, states])
        }
        skip = allowed { $1 >= 2 && labels[$0][$1] != blank && labels[$0][$1] != labels[$0][$1 - 2] }
        start = allowed { $1 == 0 || $1 == 1 && !targets[$0].isEmpty }
        end = allowed { $1 == 2 * targets[$0].count || $1 == 2 * targets[$0].count - 1 }
    }

    /// Every state's log-probability in every frame, `[batch, frame, state]`.
    func emissions(_ logProbabilities: Tensor) -> Tensor {
        logProbabilities.reshaped(to: [-1]).gathered(at: places).maximum(Tensor(impossible))
    }

    /// Per frame log p(frames up to it, state), `[batch, state]`; after a sequence's last frame it stays.
    func forward(_ emissions: Tensor) -> [Tensor] {
        var result: [Tensor] = []
        for (frame, emission) in emissions.unstacked(along: 1).enumerated() {
            guard let before = result.last else {
                result.append(emission + start)
                continue
            }
            let arriving = [before, before.movedOn(by: 1), before.movedOn(by: 2) + skip]
            let next = Tensor.stacked(arriving).logSumExp(along: 0) + emission
            result.append(next.selected(where: isValid(frame), else: before))
        }
        return result
    }

    /// Per frame log p(frames from it on | state), `[batch, state]`, the frame's own emission included.
    private func backward(_ emissions: Tensor) -> [Tensor] {
        var result: [Tensor] = []
        for (frame, emission) in emissions.unstacked(along: 1).enumerated().reversed() {
            guard let after = result.last else {
                result.append(emission + end)
                continue
            }
            let leaving = [after, after.movedOn(by: -1), (after + skip).movedOn(by: -2)]
            let onwards = Tensor.stacked(leaving).logSumExp(along: 0)
            result.append(onwards.selected(where: isValid(frame + 1), else: end) + emission)
        }
        return result.reversed()
    }

    /// log p(target), `[batch]`.
    func evidence(of forward: [Tensor]) -> Tensor { (forward[frames - 1] + end).logSumExp(along: 1) }

    /// The probability of every class in every frame given the target, `[batch, frame, class]`.
    func posterior(_ logProbabilities: Tensor) -> Tensor {
        let emissions = emissions(logProbabilities)
        let forward = forward(emissions)
        let both = Tensor.stacked(forward, along: 1) + Tensor.stacked(backward(emissions), along: 1) - emissions
        let valid = Tensor.stacked((0..<frames).map(isValid), along: 1)  // [batch, frame, 1]
        let states = (both - evidence(of: forward).reshaped(to: [batch, 1, 1])).exp()
            .selected(where: valid, else: Tensor(0))  // [batch, frame, state]
        return states.scatterAdded(at: places, rows: batch * frames * classes).reshaped(to: [batch, frames, classes])
    }

    /// 1 for the sequences that have this frame, `[batch, 1]`.
    private func isValid(_ frame: Int) -> Tensor {
        Tensor(frameCounts.map { frame < $0 ? 1 : 0 }, shape: [batch, 1])
    }
}

extension Tensor {
    /// States moved up along the last axis (down if negative); what moves in is impossible.
    fileprivate func movedOn(by distance: Int) -> Tensor {
        let kept = Swift.max(rowLength - Swift.abs(distance), 0)
        return distance > 0
            ? sliced(along: -1, 0..<kept).padded(along: -1, before: rowLength - kept, after: 0, value: impossible)
            : sliced(along: -1, rowLength - kept..<rowLength)
                .padded(along: -1, before: 0, after: rowLength - kept, value: impossible)
    }
}
