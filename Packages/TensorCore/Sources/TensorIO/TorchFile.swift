// PyTorch's files of tensors (.pth, .pt): a zip archive with a pickle that names tensors and an entry for each storage.
//
// Source: torch.save of PyTorch 1.6 to 2.15. Read are state dictionaries, also nested ones; nothing in a file is run.
// Not read: whole pickled modules, TorchScript, and the format before 1.6.

public import Tensors

/// The tensors of a PyTorch file; numbers are converted when asked for.
public struct TorchFile: Sendable {
    /// The numbers, texts and truth values that stand beside the tensors, by dotted name, as text.
    public let metadata: [String: String]
    private let file: String
    private let isBigEndian: Bool
    private let views: [String: View]

    private struct Storage {
        let type: ElementType
        let bytes: ByteSource
    }

    private struct View {
        /// The storage's name, which views of one storage share.
        let key: String
        let storage: Storage
        let offset: Int
        let shape: [Int]
        let strides: [Int]
        /// The storage's elements from the first to the last that the view shows.
        var range: Range<Int> {
            shape.contains(0) ? 0..<0 : offset..<(zip(shape, strides).reduce(offset + 1) { $0 + ($1.0 - 1) * $1.1 })
        }
    }

    /// Reads what a file holds; the numbers are checked, and stay in the file, which is kept open.
    ///
    /// Names in nested dictionaries and lists are joined by dots: `{"state_dict": {"a.weight": …}}` holds
    /// `state_dict.a.weight`.
    public init(contentsOf path: String) throws(TensorIOError) { try self.init(try ByteSource(contentsOf: path)) }

    /// Reads a file's content; `file` is its name in errors.
    public init(decoding bytes: [UInt8], named file: String) throws(TensorIOError) {
        try self.init(ByteSource(bytes, named: file))
    }

    private init(_ source: ByteSource) throws(TensorIOError) {
        file = source.file
        let first = try source.bytes(0..<min(4, source.count))
        // The old format starts with a pickled number of ten bytes.
        if first == [0x80, 2, 0x8A, 10] {
            throw .unsupported(
                file: file, what: "is a PyTorch file of the format before 1.6",
                remedy: "save it again with torch.save(torch.load(path), path)")
        }
        guard first.elementsEqual("PK\u{3}\u{4}".utf8.prefix(source.count)) else {
            throw .unsupported(
                file: file, what: "is not a PyTorch file", remedy: "save it with torch.save(model.state_dict(), path)")
        }
        let archive = try ZipArchive(source)
        let pickles = archive.entries.keys.filter { $0.hasSuffix("/data.pkl") }
        guard pickles.count == 1, let folder = pickles.first?.dropLast("data.pkl".count) else {
            throw .unsupported(
                file: file, what: "holds \(pickles.count) entries 'data.pkl', not one",
                remedy: "save it with torch.save(model.state_dict(), path)")
        }
        func content(_ name: String) throws(TensorIOError) -> ByteSource? {
            guard let entry = archive.entries[folder + name] else { return nil }
            if entry.isDeflated {
                throw .unsupported(
                    file: source.file, what: "entry '\(name)' is compressed",
                    remedy: "save it with torch.save, which stores")
            }
            return try archive.content(of: entry, named: name)
        }
        let order = try content("byteorder").map { source throws(TensorIOError) in try source.bytes(0..<source.count) }
        guard [nil, Array("little".utf8), Array("big".utf8)].contains(order) else {
            throw .damaged(file: file, what: "its byte order is neither little nor big")
        }
        isBigEndian = order == Array("big".utf8)
        let pickle = try content("data.pkl").map { source throws(TensorIOError) in try source.bytes(0..<source.count) }
        // 2¹⁸ values are those of ten thousand tensors; each takes 24 bytes.
        var machine = PickleMachine(pickle ?? [], named: file, valueLimit: 1 << 18 + source.count / 16)
        let root = try machine.run()
        let found = try machine.flattened(root, file: file)

        var storages: [String: Storage] = [:]
        var views: [String: View] = [:]
        for (name, tensor) in found.tensors {
            let declared = machine.storages[tensor.storage]
            let (key, type) = (declared.key, declared.type)
            if storages[key] == nil {
                guard let bytes = try content("data/\(key)") else {
                    throw .damaged(file: file, what: "it has no entry 'data/\(key)' for tensor '\(name)'")
                }
                storages[key] = Storage(type: type, bytes: bytes)
            }
            guard let storage = storages[key], storage.type == type,
                storage.bytes.count == declared.count * type.byteCount
            else {
                throw .damaged(
                    file: file,
                    what: "entry 'data/\(key)' does not hold the \(declared.count) numbers of type \(type) of tensor "
                        + "'\(name)'")
            }
            // A view may repeat its storage: a stride of zero makes any size of nothing.
            let count = tensor.shape.reduce(1, *)
            guard count <= source.count + 1 << 22 else {
                throw .unsupported(
                    file: file, what: "tensor '\(name)' repeats its numbers to a shape of \(tensor.shape)",
                    remedy: "save it without expand")
            }
            views[name] = View(
                key: key, storage: storage, offset: tensor.offset, shape: tensor.shape, strides: tensor.strides)
        }
        (self.views, metadata) = (views, found.metadata)
    }

    /// The tensors' names, sorted.
    public var names: [String] { views.keys.sorted() }

    /// The shape of a tensor; `nil` if there is none of that name.
    public func shape(of name: String) -> [Int]? { views[name]?.shape }

    /// One tensor.
    public func tensor(_ name: String) throws(TensorIOError) -> Tensor {
        guard let view = views[name] else { throw .missingTensor(name: name, file: file, names: names) }
        return shown(view, in: try numbers(view.range, of: view.storage), from: view.range.lowerBound)
    }

    /// All tensors; those that share a storage in the file share one here.
    public func tensors() throws(TensorIOError) -> [String: Tensor] {
        var tensors: [String: Tensor] = [:]
        for members in Dictionary(grouping: views, by: \.value.key).values {
            let ranges = members.map(\.value.range).filter { !$0.isEmpty }
            let start = ranges.map(\.lowerBound).min() ?? 0
            let numbers = try numbers(start..<(ranges.map(\.upperBound).max() ?? start), of: members[0].value.storage)
            for (name, view) in members { tensors[name] = shown(view, in: numbers, from: start) }
        }
        return tensors
    }

    private func numbers(_ range: Range<Int>, of storage: Storage) throws(TensorIOError) -> Tensor {
        let size = storage.type.byteCount
        return try storage.type.tensor(
            storage.bytes, (range.lowerBound * size)..<(range.upperBound * size), shape: [range.count],
            bigEndian: isBigEndian)
    }

    private func shown(_ view: View, in numbers: Tensor, from start: Int) -> Tensor {
        view.shape.contains(0)
            ? .zeros(view.shape)
            : numbers.strided(offset: view.offset - start, shape: view.shape, strides: view.strides)
    }
}

extension PickleMachine {
    /// The tensors and plain values below `root`, by their names joined with dots.
    ///
    /// The walk ends after as many steps as the pickle can have meant, so that lists in themselves and lists of lists of
    /// one list are refused.
    fileprivate func flattened(
        _ root: PickleValue, file: String
    ) throws(TensorIOError) -> (tensors: [String: PickleTensor], metadata: [String: String]) {
        var (tensors, metadata): ([String: PickleTensor], [String: String]) = ([:], [:])
        var waiting: [(value: PickleValue, name: String, depth: Int)] = [(root, "", 0)]
        var stepsLeft = 1024 + 4 * containers.reduce(0) { $0 + $1.elements.count + 1 }
        while let (value, name, depth) = waiting.popLast() {
            stepsLeft -= 1
            guard depth <= 32, stepsLeft > 0 else {
                throw .unsupported(
                    file: file, what: "its dictionaries are nested more than 32 deep or hold each other",
                    remedy: "save tensors only, with torch.save(model.state_dict(), path)")
            }
            var isNew = true
            switch value {
            case .none, .global, .storage: break
            case .bool(let value): isNew = metadata.updateValue(value ? "true" : "false", forKey: name) == nil
            case .int(let value): isNew = metadata.updateValue(String(value), forKey: name) == nil
            case .float(let value): isNew = metadata.updateValue(String(value), forKey: name) == nil
            case .string(let value): isNew = metadata.updateValue(value, forKey: name) == nil
            case .tensor(let index): isNew = tensors.updateValue(self.tensors[index], forKey: name) == nil
            case .container(let index):
                for member in try members(of: containers[index], file: file) {
                    let path = name.isEmpty ? member.key : "\(name).\(member.key)"
                    waiting.append((member.value, path, depth + 1))
                }
            }
            if !isNew { throw .damaged(file: file, what: "it names '\(name)' twice") }
        }
        return (tensors, metadata)
    }

    private func members(
        of container: PickleContainer, file: String
    ) throws(TensorIOError) -> [(key: String, value: PickleValue)] {
        let elements = container.elements
        guard container.kind == .dictionary else { return elements.enumerated().map { (String($0), $1) } }
        return try stride(from: 0, to: elements.count, by: 2).map { index throws(TensorIOError) in
            switch elements[index] {
            case .string(let key): (key, elements[index + 1])
            case .int(let key): (String(key), elements[index + 1])
            default:
                throw .unsupported(
                    file: file, what: "it has a dictionary whose keys are neither texts nor whole numbers",
                    remedy: "save tensors only, with torch.save(model.state_dict(), path)")
            }
        }
    }
}
