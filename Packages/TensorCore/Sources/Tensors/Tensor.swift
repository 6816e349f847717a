// The tensor: a small value that refers to shared storage.

/// A dense array of Float32 with a shape, possibly recorded in a graph for differentiation.
///
/// A tensor is a view: storage, offset, shape and strides (in elements). Values never change once a tensor refers to them.
public struct Tensor: Sendable {
    private(set) var storage: Storage
    let offset: Int
    /// The extent of each axis; empty for a scalar.
    public let shape: [Int]
    let strides: [Int]
    let node: Node?

    init(storage: Storage, offset: Int = 0, shape: [Int], strides: [Int], node: Node? = nil) {
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides
        self.node = node
    }

    /// A contiguous tensor of arbitrary content, for a kernel to fill.
    init(uninitialised shape: [Int]) {
        self.init(storage: Storage(count: elementCount(shape)), shape: shape, strides: rowMajorStrides(shape))
    }

    /// The number of axes.
    public var rank: Int { shape.count }

    /// The number of elements; 1 for a scalar.
    public var count: Int { elementCount(shape) }

    /// Whether elements lie in row-major order without gaps.
    var isContiguous: Bool {
        var step = 1
        for axis in shape.indices.reversed() where shape[axis] != 1 {
            if strides[axis] != step { return false }
            step *= shape[axis]
        }
        return true
    }

    /// The same values outside any graph: a constant for differentiation.
    public var detached: Tensor {
        node == nil ? self : Tensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }

    /// Prepares for being overwritten in place: contiguous, outside any graph, its storage shared with nobody.
    mutating func makeUnique() {
        self = detached
        if !isContiguous || !isKnownUniquelyReferenced(&storage) { self = Kernels.gatherStrided(self) }
        storage.forgetDerived()
    }

    /// Whether this value is in no graph, so that what it costs to differentiate need not be kept.
    package var isConstant: Bool { node == nil }

    func attached(to node: Node?) -> Tensor {
        Tensor(storage: storage, offset: offset, shape: shape, strides: strides, node: node)
    }

    /// The extents of a tensor of rank 2.
    public var shape2: (Int, Int) {
        shapeCheck(rank == 2, "shape2", shape)
        return (shape[0], shape[1])
    }

    /// The extents of a tensor of rank 3.
    public var shape3: (Int, Int, Int) {
        shapeCheck(rank == 3, "shape3", shape)
        return (shape[0], shape[1], shape[2])
    }

    /// The extents of a tensor of rank 4.
    public var shape4: (Int, Int, Int, Int) {
        shapeCheck(rank == 4, "shape4", shape)
        return (shape[0], shape[1], shape[2], shape[3])
    }
}

extension Tensor: CustomStringConvertible {
    /// The shape and the first values.
    public var description: String {
        let values = scalars.prefix(8).map(\.description).joined(separator: ", ")
        return "Tensor \(shape) [\(values)\(count > 8 ? ", …" : "")]"
    }
}

extension Tensor {
    /// A tensor of zeros.
    public static func zeros(_ shape: [Int]) -> Tensor { filled(0, shape: shape) }

    /// A tensor of ones.
    public static func ones(_ shape: [Int]) -> Tensor { filled(1, shape: shape) }

    /// One value everywhere, stored once and read with stride 0.
    public static func filled(_ value: Float, shape: [Int]) -> Tensor {
        Tensor([value], shape: []).expanded(to: shape)
    }

    /// A scalar.
    public init(_ value: Float) { self.init([value], shape: []) }

    /// The only value of a tensor with one element.
    public var item: Float {
        shapeCheck(count == 1, "item", shape)
        return scalars[0]
    }
}
