// The part of Python's pickle format, protocol 2, that state dictionaries are written in. Nothing is ever run: objects
// named by the pickle are known by name, as plain values, or refused.
//
// Source: Python's pickletools (opcodes); torch.save of PyTorch 1.6 to 2.15 (names).

/// A value on the pickle's stack; what can hold others stands in a table, so that loops and repeats cost nothing.
enum PickleValue {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    /// A name that calls may use.
    case global(PickleGlobal)
    /// An index into the machine's `containers`.
    case container(Int)
    /// An index into the machine's `storages`.
    case storage(Int)
    /// An index into the machine's `tensors`.
    case tensor(Int)
}

/// The names that a state dictionary's pickle may use.
enum PickleGlobal: Equatable {
    case orderedDictionary, rebuildTensor, rebuildParameter, size, storage(ElementType)

    init?(_ name: String) {
        switch name {
        case "collections.OrderedDict": self = .orderedDictionary
        case "torch._utils._rebuild_tensor_v2": self = .rebuildTensor
        case "torch._utils._rebuild_parameter": self = .rebuildParameter
        case "torch.Size": self = .size
        default:
            guard let type = Self.storages[name] else { return nil }
            self = .storage(type)
        }
    }

    private static let storages: [String: ElementType] = [
        "torch.BoolStorage": .bool, "torch.ByteStorage": .uint8, "torch.CharStorage": .int8,
        "torch.ShortStorage": .int16, "torch.IntStorage": .int32, "torch.LongStorage": .int64,
        "torch.HalfStorage": .float16, "torch.BFloat16Storage": .bfloat16, "torch.FloatStorage": .float32,
        "torch.DoubleStorage": .float64,
    ]
}

/// A tuple, list or dictionary.
struct PickleContainer {
    enum Kind { case tuple, list, dictionary }
    let kind: Kind
    /// Elements; of a dictionary keys and values in turn.
    var elements: [PickleValue]
}

/// A storage as the pickle declares it.
struct PickleStorage {
    let type: ElementType
    let key: String
    let count: Int
}

/// A tensor as the pickle declares it: a view of a storage, in elements.
struct PickleTensor {
    let storage: Int
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}

/// Reads a pickle from its first byte to its end; a loop over opcodes, whatever the nesting.
struct PickleMachine {
    private(set) var containers: [PickleContainer] = []
    private(set) var storages: [PickleStorage] = []
    private(set) var tensors: [PickleTensor] = []
    private let bytes: [UInt8]
    private let file: String
    private var position = 0
    private var stack: [PickleValue] = []
    /// Where on the stack the open marks stand.
    private var marks: [Int] = []
    private var memory: [Int: PickleValue] = [:]
    /// Values that may still be kept: an opcode of one byte makes a value of many.
    private var valuesLeft: Int

    /// A machine that keeps at most `valueLimit` values; `file` is the pickle's name in errors.
    init(_ bytes: [UInt8], named file: String, valueLimit: Int) {
        (self.bytes, self.file, valuesLeft) = (bytes, file, valueLimit)
    }

    /// Runs to the end and gives the value that is left.
    mutating func run() throws(TensorIOError) -> PickleValue {
        guard try byte() == 0x80 else { throw damaged("it does not start with a protocol") }
        let version = try byte()
        guard version == 2 else {
            throw .unsupported(
                file: file, what: "is a pickle of protocol \(version)",
                remedy: "save it with torch.save's own protocol, 2")
        }
        while true {
            let start = position
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") { break }
            try execute(opcode, at: start)
        }
        guard position == bytes.count, stack.count == 1, marks.isEmpty else {
            throw damaged("it ends at byte \(position) with \(stack.count) values")
        }
        return stack[0]
    }

    private mutating func execute(_ opcode: UInt8, at start: Int) throws(TensorIOError) {
        switch Unicode.Scalar(opcode) {
        case "N": try push(.none)
        case "\u{88}": try push(.bool(true))
        case "\u{89}": try push(.bool(false))
        case "K": try push(.int(try number(1)))
        case "M": try push(.int(try number(2)))
        case "J": try push(.int(Int(Int32(truncatingIfNeeded: try number(4)))))
        case "\u{8A}": try push(.int(try long()))
        case "G": try push(.float(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })))
        case "X": try push(.string(try text(try take(try number(4)))))
        case "c":
            let name = "\(try line()).\(try line())"
            guard let global = PickleGlobal(name) else {
                throw .unsupported(
                    file: file, what: "the pickle asks for \(name)",
                    remedy: "save tensors only, with torch.save(model.state_dict(), path)")
            }
            try push(.global(global))
        case "(": marks.append(stack.count)
        case ")": try push(try kept(.tuple, []))
        case "]": try push(try kept(.list, []))
        case "}": try push(try kept(.dictionary, []))
        case "t": try push(try kept(.tuple, try sinceMark()))
        case "\u{85}", "\u{86}", "\u{87}": try push(try kept(.tuple, try pop(Int(opcode) - 0x84)))
        case "a": try add(try pop(1), to: .list)
        case "e": try add(try sinceMark(), to: .list)
        case "s": try add(try pop(2), to: .dictionary)
        case "u": try add(try sinceMark(), to: .dictionary)
        case "q": try remember(try number(1))
        case "r": try remember(try number(4))
        case "h": try push(try remembered(try number(1)))
        case "j": try push(try remembered(try number(4)))
        case "Q": try push(try storage(try pop(1)[0]))
        case "R":
            let call = try pop(2)
            try push(try called(call[0], call[1]))
        case "b":
            // An OrderedDict's attributes; PyTorch keeps the version numbers of modules there.
            let state = try pop(1)[0]
            guard case .container(let index)? = stack.last, containers[index].kind == .dictionary,
                case .container(let attributes) = state, containers[attributes].kind == .dictionary,
                containers[attributes].elements.count == 2,
                case .string("_metadata") = containers[attributes].elements[0]
            else { throw damaged("its opcode BUILD at byte \(start) sets more than '_metadata' of a dictionary") }
        default:
            throw .unsupported(
                file: file, what: "the pickle has opcode 0x\(String(opcode, radix: 16)) at byte \(start)",
                remedy: "save tensors only, with torch.save(model.state_dict(), path)")
        }
    }

    /// The elements of a tuple; `nil` of anything else.
    private func parts(of value: PickleValue) -> [PickleValue]? {
        guard case .container(let index) = value, containers[index].kind == .tuple else { return nil }
        return containers[index].elements
    }

    /// The value of a call; only a few names can be called, each with arguments of its own.
    private mutating func called(_ callee: PickleValue, _ arguments: PickleValue) throws(TensorIOError) -> PickleValue {
        guard case .global(let global) = callee, let arguments = parts(of: arguments) else {
            throw damaged("it calls what is no name before byte \(position)")
        }
        switch global {
        case .orderedDictionary where arguments.isEmpty: return try kept(.dictionary, [])
        case .size where arguments.count == 1 && parts(of: arguments[0]) != nil: return arguments[0]
        case .rebuildParameter where arguments.count == 3:
            if case .tensor = arguments[0] { return arguments[0] }
        case .rebuildTensor where arguments.count == 6 || arguments.count == 7:
            if case .storage(let storage) = arguments[0], case .int(let offset) = arguments[1],
                let shape = integers(arguments[2]), let strides = integers(arguments[3])
            {
                tensors.append(
                    try checked(PickleTensor(storage: storage, offset: offset, shape: shape, strides: strides)))
                try count(8)
                return .tensor(tensors.count - 1)
            }
        default: break
        }
        throw damaged("it calls '\(global)' with arguments of another kind before byte \(position)")
    }

    /// The storage of a persistent identity: ("storage", type, key, device, count).
    private mutating func storage(_ identity: PickleValue) throws(TensorIOError) -> PickleValue {
        guard let parts = parts(of: identity), parts.count == 5, case .string("storage") = parts[0],
            case .global(.storage(let type)) = parts[1], case .string(let key) = parts[2],
            case .int(let count) = parts[4], (0...1 << 48).contains(count)
        else { throw damaged("its persistent identity before byte \(position) is no storage") }
        storages.append(PickleStorage(type: type, key: key, count: count))
        try self.count(4)
        return .storage(storages.count - 1)
    }

    /// A tensor whose elements all lie inside its storage.
    private func checked(_ tensor: PickleTensor) throws(TensorIOError) -> PickleTensor {
        let storage = storages[tensor.storage]
        guard tensor.shape.count <= maximumRank else {
            throw .unsupported(
                file: file, what: "holds a tensor of more than \(maximumRank) axes",
                remedy: "join axes before saving it")
        }
        let error = damaged(
            "a tensor of shape \(tensor.shape), strides \(tensor.strides) and offset \(tensor.offset) does not lie in its "
                + "storage of \(storage.count) elements")
        guard tensor.shape.count == tensor.strides.count, (tensor.shape + tensor.strides).allSatisfy({ $0 >= 0 }),
            (0...storage.count).contains(tensor.offset), storage.type.byteCount(ofShape: tensor.shape) != nil
        else { throw error }
        if tensor.shape.contains(0) { return tensor }
        var last = tensor.offset
        for (extent, stride) in zip(tensor.shape, tensor.strides) {
            let (step, overflows) = (extent - 1).multipliedReportingOverflow(by: stride)
            // Both are below the storage's count here, so their sum cannot overflow.
            if overflows || step >= storage.count { throw error }
            last += step
        }
        if last >= storage.count { throw error }
        return tensor
    }

    private func integers(_ value: PickleValue) -> [Int]? {
        guard let elements = parts(of: value) else { return nil }
        let numbers = elements.compactMap { if case .int(let number) = $0 { number } else { nil } }
        return numbers.count == elements.count ? numbers : nil
    }

    private mutating func push(_ value: PickleValue) throws(TensorIOError) {
        try count(1)
        stack.append(value)
    }

    /// Takes the last values, which must lie above the last mark.
    private mutating func pop(_ count: Int) throws(TensorIOError) -> [PickleValue] {
        guard stack.count - count >= marks.last ?? 0 else {
            throw damaged("its stack is empty before byte \(position)")
        }
        defer { stack.removeLast(count) }
        valuesLeft += count
        return Array(stack.suffix(count))
    }

    private mutating func sinceMark() throws(TensorIOError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damaged("it has no mark before byte \(position)") }
        return try pop(stack.count - mark)
    }

    private mutating func kept(
        _ kind: PickleContainer.Kind, _ elements: [PickleValue]
    ) throws(TensorIOError) -> PickleValue {
        try count(4 + elements.count)
        containers.append(PickleContainer(kind: kind, elements: elements))
        return .container(containers.count - 1)
    }

    private mutating func add(
        _ elements: [PickleValue], to kind: PickleContainer.Kind
    ) throws(TensorIOError) {
        guard stack.count > marks.last ?? 0, case .container(let index)? = stack.last, containers[index].kind == kind,
            kind == .list || elements.count.isMultiple(of: 2)
        else { throw damaged("it adds to what is no \(kind) before byte \(position)") }
        try count(elements.count)
        containers[index].elements += elements
    }

    private mutating func remember(_ key: Int) throws(TensorIOError) {
        guard let value = stack.last else { throw damaged("its stack is empty before byte \(position)") }
        try count(3)
        memory[key] = value
    }

    private func remembered(_ key: Int) throws(TensorIOError) -> PickleValue {
        guard let value = memory[key] else {
            throw damaged("it has remembered nothing as \(key) before byte \(position)")
        }
        return value
    }

    private mutating func count(_ values: Int) throws(TensorIOError) {
        valuesLeft -= values
        if valuesLeft < 0 {
            throw .unsupported(
                file: file, what: "the pickle makes more objects than a state dictionary of its size",
                remedy: "save tensors only, with torch.save(model.state_dict(), path)")
        }
    }

    /// A whole number of a length that precedes it; longer ones than 64 bits have no use here.
    private mutating func long() throws(TensorIOError) -> Int {
        let byteCount = try number(1)
        guard byteCount <= 8 else {
            throw .unsupported(
                file: file, what: "the pickle has a whole number of \(byteCount) bytes",
                remedy: "save tensors only, with torch.save(model.state_dict(), path)")
        }
        let digits = try take(byteCount)
        let sign: UInt64 = (digits.last ?? 0) < 0x80 ? 0 : .max
        return Int(bitPattern: UInt(digits.reversed().reduce(sign) { $0 << 8 | UInt64($1) }))
    }

    private mutating func number(_ byteCount: Int) throws(TensorIOError) -> Int {
        try take(byteCount).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func byte() throws(TensorIOError) -> UInt8 { try take(1)[position - 1] }

    private mutating func take(_ count: Int) throws(TensorIOError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw .cutOff(file: file, byteCount: bytes.count) }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    private mutating func line() throws(TensorIOError) -> String {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw .cutOff(file: file, byteCount: bytes.count)
        }
        defer { position = end + 1 }
        return try text(bytes[position..<end])
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(TensorIOError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw damaged("it has a string that is not UTF-8 before byte \(position)")
        }
        return text
    }

    private func damaged(_ what: String) -> TensorIOError { .damaged(file: file, what: what) }
}
