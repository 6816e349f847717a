// Gradients as functions, to any order, over a recorded graph.
//
// A tensor carries a node only if it descends from a value that is being differentiated, so inference records nothing and
// there is no switch. A pullback sees its saved tensors detached when only a first derivative is asked for, and attached
// to the graph when an outer differentiation will go through it: the same closure then yields differentiable gradients.

internal import Synchronization

/// One recorded operation: where its inputs came from, what it saved, and how cotangents go back.
final class Node: Sendable {
    private struct Links: ~Copyable {
        var parents: [Node?]
        var saved: [Tensor]
        var output: Tensor?
        var isConsumed = false
    }
    private let links: Mutex<Links>
    let shapes: [[Int]]
    let pullback: Pullback?

    init(parents: [Node?], shapes: [[Int]], saved: [Tensor], output: Tensor?, pullback: Pullback?) {
        links = Mutex(Links(parents: parents, saved: saved, output: output))
        self.shapes = shapes
        self.pullback = pullback
    }

    var parents: [Node?] { links.withLock { $0.parents } }

    /// A leaf is a value at which an outermost function is being differentiated.
    var isLeaf: Bool { pullback == nil }

    func context(wants: [Bool], isRecording: Bool) -> PullbackContext {
        links.withLock { links in
            if links.isConsumed { fatalError("gradient: a graph was differentiated twice; call the function again.") }
            return PullbackContext(
                saved: isRecording ? links.saved : links.saved.map(\.detached),
                recordedOutput: isRecording ? links.output?.attached(to: self) : links.output,
                shapes: shapes, wanted: wants, isRecording: isRecording)
        }
    }

    /// Lets go of what only this node's pullback needed.
    func consume() {
        links.withLock {
            $0.saved = []
            $0.output = nil
            $0.isConsumed = true
        }
    }

    private func detachParents() -> [Node] {
        links.withLock { links in
            let nodes = links.parents.compactMap(\.self) + links.saved.compactMap(\.node)
            links.parents = []
            links.saved = []
            return nodes
        }
    }

    /// Releases long chains in a loop: a recursive release of 10⁵ nodes would overflow the stack.
    deinit {
        var pending = detachParents()
        while var next = pending.popLast() {
            if isKnownUniquelyReferenced(&next) { pending += next.detachParents() }
        }
    }
}

/// Takes the cotangent of an operation's output to the cotangents of its inputs; `nil` where none is wanted.
typealias Pullback = @Sendable (Tensor, PullbackContext) -> [Tensor?]

/// What a pullback may look at.
struct PullbackContext {
    private let saved: [Tensor]
    private let recordedOutput: Tensor?
    private let shapes: [[Int]]
    private let wanted: [Bool]
    /// Whether the result will itself be differentiated: fused first-order kernels must not be used then.
    let isRecording: Bool

    init(saved: [Tensor], recordedOutput: Tensor?, shapes: [[Int]], wanted: [Bool], isRecording: Bool) {
        self.saved = saved
        self.recordedOutput = recordedOutput
        self.shapes = shapes
        self.wanted = wanted
        self.isRecording = isRecording
    }

    /// The `index`-th saved tensor.
    subscript(index: Int) -> Tensor { saved[index] }

    /// The operation's own result, if it was recorded with `savesOutput`.
    var output: Tensor {
        guard let recordedOutput else { fatalError("gradient: a pullback reads an output that was not saved.") }
        return recordedOutput
    }

    /// The shape of the `index`-th input.
    func shape(_ index: Int) -> [Int] { shapes[index] }

    /// Whether the cotangent of the `index`-th input is needed.
    func wants(_ index: Int) -> Bool { wanted[index] }

    /// The cotangent of the `index`-th input if it is wanted.
    func cotangent(_ index: Int, _ compute: () -> Tensor) -> Tensor? { wanted[index] ? compute() : nil }
}

extension Tensor {
    /// This value as the result of an operation on `inputs`; unchanged if none of them is being differentiated.
    func recorded(
        from inputs: [Tensor], saving saved: [Tensor] = [], savesOutput: Bool = false, pullback: @escaping Pullback
    ) -> Tensor {
        guard inputs.contains(where: { $0.node != nil }) else { return self }
        return attached(
            to: Node(
                parents: inputs.map(\.node), shapes: inputs.map(\.shape), saved: saved,
                output: savesOutput ? self : nil,
                pullback: pullback))
    }
}

/// The value of a scalar function and its gradient with respect to each argument.
///
/// - Parameters:
///   - arguments: Where to differentiate.
///   - function: Computes a tensor with one element from values equal to `arguments`.
/// - Returns: The value, and one gradient per argument, of its shape; zeros where the value does not depend on it.
///   Inside an outer differentiation both are differentiable themselves.
public func valueAndGradients(
    at arguments: [Tensor], of function: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
    // Below an outer differentiation a leaf is a copy of the outer value, so cotangents pass through it.
    let identity: Pullback = { g, _ in [g] }
    let leaves = arguments.map {
        Node(parents: [$0.node], shapes: [$0.shape], saved: [], output: nil, pullback: $0.node == nil ? nil : identity)
    }
    let value = try function(zip(arguments, leaves).map { $0.attached(to: $1) })
    shapeCheck(value.count == 1, "valueAndGradients (the function must return one element)", value.shape)
    let (gradients, isRecording) = backward(from: value, to: leaves)
    let filled = zip(gradients, arguments).map { $0 ?? .zeros($1.shape) }
    return (isRecording ? value : value.detached, filled)
}

/// The value of a scalar function and its gradient at `argument`.
public func valueAndGradient(
    at argument: Tensor, of function: (Tensor) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Tensor) {
    let (value, gradients) = try valueAndGradients(at: [argument]) { try function($0[0]) }
    return (value, gradients[0])
}

/// The gradient of a scalar function at `argument`.
public func gradient(at argument: Tensor, of function: (Tensor) throws -> Tensor) rethrows -> Tensor {
    try valueAndGradient(at: argument, of: function).gradient
}

/// Sends a cotangent of one from `value` back to `leaves`.
///
/// Records its own work exactly when the graph reaches a value of an outer differentiation.
private func backward(from value: Tensor, to leaves: [Node]) -> (gradients: [Tensor?], isRecording: Bool) {
    let order = TopologicalOrder(of: value.node, leaves: leaves)
    var cotangents = [Tensor?](repeating: nil, count: order.nodes.count)
    if !order.nodes.isEmpty { cotangents[order.nodes.count - 1] = Tensor.ones(value.shape) }
    for position in order.nodes.indices.reversed() {
        let node = order.nodes[position]
        guard let pullback = node.pullback, !order.isGoal[position], order.leadsToLeaf[position],
            let cotangent = cotangents[position]
        else { continue }
        cotangents[position] = nil
        let wanted = order.parents[position].map { $0.map { order.leadsToLeaf[$0] } ?? false }
        let context = node.context(wants: wanted, isRecording: order.isRecording)
        let results = pullback(cotangent, context)
        for (index, parent) in order.parents[position].enumerated() {
            guard let parent, wanted[index], let result = results[index] else { continue }
            shapeCheck(
                result.shape == node.shapes[index], "gradient (cotangent and input)", result.shape, node.shapes[index])
            cotangents[parent] = cotangents[parent].map { $0 + result } ?? result
        }
        if !order.isRecording { node.consume() }
    }
    return (leaves.map { order.position[ObjectIdentifier($0)].flatMap { cotangents[$0] } }, order.isRecording)
}

/// The nodes below a value, inputs before users, in an order that depends only on how the graph was built.
private struct TopologicalOrder {
    var nodes: [Node] = []
    var parents: [[Int?]] = []
    var leadsToLeaf: [Bool] = []
    var isGoal: [Bool] = []
    var position: [ObjectIdentifier: Int] = [:]
    var isRecording = false

    init(of root: Node?, leaves: [Node]) {
        guard let root else { return }
        let ours = Set(leaves.map(ObjectIdentifier.init))
        isRecording = leaves.contains { $0.parents.contains { $0 != nil } }
        var stack: [(node: Node, parents: [Node?], next: Int)] = []
        func enter(_ node: Node) {
            let isOurs = ours.contains(ObjectIdentifier(node))
            if node.isLeaf && !isOurs { isRecording = true }
            stack.append((node, isOurs ? [] : node.parents, 0))
        }
        enter(root)
        while let top = stack.last {
            if top.next < top.parents.count {
                stack[stack.count - 1].next += 1
                if let parent = top.parents[top.next], position[ObjectIdentifier(parent)] == nil { enter(parent) }
                continue
            }
            stack.removeLast()
            let id = ObjectIdentifier(top.node)
            if position[id] != nil { continue }
            let indices = top.parents.map { $0.flatMap { position[ObjectIdentifier($0)] } }
            position[id] = nodes.count
            nodes.append(top.node)
            isGoal.append(ours.contains(id))
            parents.append(indices)
            leadsToLeaf.append(ours.contains(id) || indices.contains { $0.map { leadsToLeaf[$0] } ?? false })
        }
    }
}
