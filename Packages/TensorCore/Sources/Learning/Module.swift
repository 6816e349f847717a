// Models as values whose learned numbers sit in boxes, found by reflection.

public import Tensors
internal import Synchronization

/// Something with parameters: a struct whose stored properties are parameters, buffers, modules or arrays of modules.
///
/// A copy shares its parameters with the original. A parameter's name is its property path, which is also its key in
/// checkpoints: `encoder.blocks.3.attention.output.weight`.
public protocol Module: Sendable {}

/// A module that maps one tensor to one tensor.
public protocol Layer: Module {
    /// Runs the layer.
    func callAsFunction(_ x: Tensor) -> Tensor
}

/// A named tensor of a module, shared by its copies.
public final class ParameterBox: Sendable {
    private let stored: Mutex<Tensor>

    // Ones and zeros are stored once and spread by strides; what is read at every step is laid out.
    init(_ value: Tensor) { stored = Mutex(value.isConstant ? value.contiguous : value) }

    /// The current value.
    public var value: Tensor {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }

    /// Changes the value in place while nobody else can read it.
    func update<R: Sendable>(_ body: (inout sending Tensor) -> sending R) -> R { stored.withLock(body) }
}

/// A learned tensor of a module.
@propertyWrapper
public struct Parameter: Sendable {
    let box: ParameterBox

    /// A parameter with its initial value.
    public init(wrappedValue: Tensor) { box = ParameterBox(wrappedValue) }

    /// The current value.
    public var wrappedValue: Tensor {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
}

/// A tensor that is saved with a module but not learned: running statistics, fixed tables.
@propertyWrapper
public struct Buffer: Sendable {
    let box: ParameterBox

    /// A buffer with its initial value.
    public init(wrappedValue: Tensor) { box = ParameterBox(wrappedValue) }

    /// The current value.
    public var wrappedValue: Tensor {
        get { box.value }
        nonmutating set { box.value = newValue }
    }
}

extension Module {
    /// The learned tensors by name, in byte order of the names.
    public var parameters: [(name: String, box: ParameterBox)] {
        boxes { $0 as? Parameter }.map { ($0.name, $0.found.box) }
    }

    /// The saved but not learned tensors by name, in byte order of the names.
    public var buffers: [(name: String, box: ParameterBox)] { boxes { $0 as? Buffer }.map { ($0.name, $0.found.box) } }

    /// The number of learned scalars.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.box.value.count } }

    private func boxes<Found>(_ match: (Any) -> Found?) -> [(name: String, found: Found)] {
        var result: [(name: String, found: Found)] = []
        func visit(_ value: Any, _ path: [String]) {
            if let found = match(value) {
                result.append((path.joined(separator: "."), found))
                return
            }
            let mirror = Mirror(reflecting: value)
            guard value is any Module || [.collection, .optional].contains(mirror.displayStyle) else { return }
            for (index, child) in mirror.children.enumerated() {
                switch mirror.displayStyle {
                case .optional: visit(child.value, path)
                case .collection: visit(child.value, path + [String(index)])
                default:
                    let label = child.label ?? String(index)
                    visit(child.value, path + [label.hasPrefix("_") ? String(label.dropFirst()) : label])
                }
            }
        }
        visit(self, [])
        return result.sorted { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    }
}

/// The value of a loss and its gradient with respect to every parameter of a model.
///
/// - Parameters:
///   - model: Its parameters have their values again when this returns or throws.
///   - loss: Computes a tensor with one element from the model.
/// - Returns: The value, and one gradient per entry of `model.parameters`, in that order.
public func valueAndGradient<M: Module>(
    of model: M, _ loss: (M) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
    let boxes = model.parameters.map(\.box)
    let values = boxes.map(\.value)
    defer { for (box, value) in zip(boxes, values) { box.value = value } }
    return try valueAndGradients(at: values) { leaves in
        for (box, leaf) in zip(boxes, leaves) { box.value = leaf }
        return try loss(model)
    }
}
