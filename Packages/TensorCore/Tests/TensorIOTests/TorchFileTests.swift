import Foundation
import TensorTesting
import Tensors
import Testing

@testable import TensorIO

/// A zip archive of stored entries with right checksums.
func storedZip(_ entries: [(name: String, content: [UInt8])]) -> [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, content) in entries {
        let shared: [UInt8] =
            [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0] + little(Int(crc(content[...])), 4) + little(content.count, 4)
            + little(content.count, 4) + little(name.utf8.count, 2) + little(0, 2)
        directory +=
            Array("PK\u{1}\u{2}".utf8) + [20, 0] + shared + [UInt8](repeating: 0, count: 10) + little(bytes.count, 4)
            + Array(name.utf8)
        bytes += Array("PK\u{3}\u{4}".utf8) + shared + Array(name.utf8) + content
    }
    let count = little(entries.count, 2)
    return bytes + directory + Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0] + count + count + little(directory.count, 4)
        + little(bytes.count, 4) + [0, 0]
}

/// A PyTorch file of a pickle and one storage of 16 bytes.
func torchFile(pickle: [UInt8]) -> [UInt8] {
    storedZip([("x/data.pkl", pickle), ("x/data/0", [UInt8](0..<16))])
}

private func torchPath(_ name: String) -> String { goldenPath("torch/\(name)") }

@Suite struct TorchFileTests {
    @Test(arguments: ["types", "views", "state", "prefixed", "nested"])
    func `every tensor equals its twin in safetensors`(name: String) throws {
        let expected = try Golden(
            URL(fileURLWithPath: torchPath("\(name).safetensors")), madeBy: "ci/references/torch_files.py", version: 1)
        let file = try TorchFile(contentsOf: torchPath("\(name).pth"))
        #expect(file.names == expected.tensors.keys.sorted())
        let tensors = try file.tensors()
        for name in file.names {
            #expect(difference(of: try file.tensor(name), from: try expected[name], within: .exact) == nil, "\(name)")
            let together = try #require(tensors[name])
            #expect(difference(of: together, from: try expected[name], within: .exact) == nil, "\(name)")
            #expect(file.shape(of: name) == together.shape)
        }
    }

    @Test func `what stands beside the tensors is kept as text`() throws {
        let file = try TorchFile(contentsOf: torchPath("nested.pth"))
        let beside = file.metadata.filter { !$0.key.hasPrefix("optimizer") }
        #expect(
            beside == [
                "epoch": "300", "best": "0.1", "done": "false", "name": "é", "negative": "-70000",
                "wide": "1099511627776", "sizes.0.0": "3", "sizes.0.1": "4",
            ])
        #expect(file.metadata["optimizer.param_groups.0.betas.1"] == "0.999")
    }

    @Test(
        arguments: [
            (
                "os_system",
                "the pickle asks for posix.system; save tensors only, with torch.save(model.state_dict(), path)."
            ),
            (
                "module",
                "the pickle asks for __main__.Tied; save tensors only, with torch.save(model.state_dict(), path)."
            ),
            (
                "before_1_6",
                "is a PyTorch file of the format before 1.6; save it again with torch.save(torch.load(path), path)."
            ),
            (
                "complex",
                "the pickle asks for torch.ComplexFloatStorage; save tensors only, with "
                    + "torch.save(model.state_dict(), path)."
            ),
            ("protocol_4", "is a pickle of protocol 4; save it with torch.save's own protocol, 2."),
            (
                "huge_number",
                "the pickle has opcode 0x8b at byte 2; save tensors only, with torch.save(model.state_dict(), path)."
            ),
            (
                "long_number",
                "the pickle has a whole number of 9 bytes; save tensors only, with torch.save(model.state_dict(), path)."
            ),
            ("compressed", "entry 'byteorder' is compressed; save it with torch.save, which stores."),
            ("repeated_widely", "tensor 'a' repeats its numbers to a shape of [8388608, 1]; save it without expand."),
            ("seven_axes", "holds a tensor of more than 6 axes; join axes before saving it."),
            (
                "deep_lists",
                "its dictionaries are nested more than 32 deep or hold each other; save tensors only, with "
                    + "torch.save(model.state_dict(), path)."
            ),
        ])
    func `what is no state dictionary is refused by name`(name: String, sentence: String) {
        let path = torchPath("\(name).pth")
        let error = #expect(throws: TensorIOError.self) { try TorchFile(contentsOf: path) }
        #expect(error?.description == "\(path): \(sentence)")
    }

    @Test(arguments: ["list_in_itself", "deep_dictionaries", "doubled_pairs"])
    func `values that hold each other are refused`(name: String) {
        #expect {
            try TorchFile(contentsOf: torchPath("\(name).pth"))
        } throws: { error in
            if case .unsupported(_, let what, _)? = error as? TensorIOError {
                what.contains("hold each other")
            } else {
                false
            }
        }
    }

    @Test(
        arguments: [
            ("no_storage", "it has no entry 'data/0' for tensor 'a'"),
            ("short_storage", "entry 'data/0' does not hold the 4 numbers of type float32 of tensor 'a'"),
            ("long_storage", "entry 'data/0' does not hold the 4 numbers of type float32 of tensor 'a'"),
            (
                "outside",
                "a tensor of shape [4], strides [1] and offset 1 does not lie in its storage of 4 elements"
            ),
            (
                "negative_offset",
                "a tensor of shape [2], strides [1] and offset -1 does not lie in its storage of 4 elements"
            ),
            (
                "negative_extent",
                "a tensor of shape [-4], strides [1] and offset 0 does not lie in its storage of 4 elements"
            ),
            (
                "negative_stride",
                "a tensor of shape [4], strides [-1] and offset 3 does not lie in its storage of 4 elements"
            ),
            (
                "overflowing",
                "a tensor of shape [4611686018427387904, 4], strides [4611686018427387904, 1] and offset 0 does not lie "
                    + "in its storage of 4 elements"
            ),
            (
                "repeated_beyond_memory",
                "a tensor of shape [2305843009213693952, 1], strides [0, 1] and offset 0 does not lie in its storage of "
                    + "4 elements"
            ),
            ("attributes", "its opcode BUILD at byte 39 sets more than '_metadata' of a dictionary"),
            ("twice", "it names 'a' twice"),
            ("called_number", "it calls what is no name before byte 6"),
            ("empty_stack", "its stack is empty before byte 3"),
        ])
    func `a contradictory file is refused as damaged`(name: String, what: String) {
        let path = torchPath("\(name).pth")
        #expect(throws: TensorIOError.damaged(file: path, what: what)) { try TorchFile(contentsOf: path) }
    }

    @Test func `one storage as numbers of two types is refused`() {
        #expect {
            try TorchFile(contentsOf: torchPath("two_types.pth"))
        } throws: { error in
            if case .damaged(_, let what)? = error as? TensorIOError { what.contains("numbers of type") } else { false }
        }
    }

    @Test func `a file is refused at every length but its own`() throws {
        let whole = try readFile(torchPath("state.pth"))
        for count in 0..<whole.count {
            #expect(throws: TensorIOError.self, "\(count)") {
                try TorchFile(decoding: Array(whole[..<count]), named: "x")
            }
        }
    }

    @Test func `a pickle is refused at every length but its own`() throws {
        let archive = try ZipArchive(ByteSource(contentsOf: torchPath("nested.pth")))
        let entry = try #require(archive.entries["nested/data.pkl"])
        let content = try archive.content(of: entry, named: "data.pkl")
        let pickle = try content.bytes(0..<content.count)
        for count in 0..<pickle.count {
            #expect(throws: TensorIOError.self, "\(count)") {
                try TorchFile(decoding: torchFile(pickle: Array(pickle[..<count])), named: "x")
            }
        }
    }

    /// Each opcode of one byte makes a value of 24: without a limit a file of a megabyte would make many.
    @Test(arguments: ["N", "]", "}", ")", "]q\u{1}"])
    func `a pickle that makes more objects than tensors need is refused`(opcode: String) throws {
        let pickle = Array("\u{80}".unicodeScalars.map { UInt8($0.value) }) + [2, UInt8(ascii: "(")]
        let bytes = torchFile(
            pickle: pickle + [UInt8]((0..<400_000).flatMap { _ in Array(opcode.utf8) }) + Array("t.".utf8))
        let error = #expect(throws: TensorIOError.self) { try TorchFile(decoding: bytes, named: "x") }
        #expect(error?.description.contains("more objects than a state dictionary of its size") == true)
    }

    @Test func `a flipped bit in a storage is found at the door`() throws {
        var bytes = try readFile(torchPath("state.pth"))
        let archive = try ZipArchive(ByteSource(bytes, named: "x"))
        let entry = try #require(archive.entries["state/data/0"])
        bytes[entry.packed.lowerBound] ^= 1
        #expect(
            throws: TensorIOError.damaged(file: "x", what: "entry 'data/0' does not unpack to what its checksum says")
        ) {
            try TorchFile(decoding: bytes, named: "x")
        }
    }
}

@Suite struct ZipArchiveTests {
    private static let two = storedZip([("a", [1, 2, 3]), ("b", [4, 5])])

    private static func changed(_ position: Int, _ bytes: [UInt8]) -> [UInt8] {
        var copy = two
        copy.replaceSubrange(position..<(position + bytes.count), with: bytes)
        return copy
    }

    @Test func `entries are read where they stand`() throws {
        let archive = try ZipArchive(ByteSource(Self.two, named: "x"))
        let entry = try #require(archive.entries["b"])
        let content = try archive.content(of: entry, named: "b")
        #expect(archive.entries.count == 2)
        #expect(try content.bytes(0..<content.count) == [4, 5])
    }

    // The local headers stand at 0 and 34 and the entries' records at 67 and 114, the end record at 161.
    @Test(
        arguments: [
            (changed(114 + 42, [0, 0, 0, 0]), "entries 'a' and 'b' overlap"),
            (changed(67 + 20, [255, 255, 255, 127]), "entry 'a' claims more bytes than it can hold"),
            (changed(67 + 24, [255, 255, 255, 127]), "entry 'a' claims more bytes than it can hold"),
            (changed(67 + 42, [255, 255, 255, 255]), "entry 'a' does not stand at byte 4294967295"),
            (changed(161 + 16, [255, 255, 255, 127]), "its directory of 94 bytes cannot stand at byte 2147483647"),
            (changed(161 + 10, [255, 255]), "its directory of 94 bytes cannot stand at byte 67"),
            (changed(114 + 46, [UInt8(ascii: "a")]), "it holds 'a' twice"),
            (changed(114, [0]), "its directory is broken at byte 114"),
        ] as [([UInt8], String)])
    func `an archive that lies is refused as damaged`(bytes: [UInt8], what: String) {
        #expect(throws: TensorIOError.damaged(file: "x", what: what)) { try ZipArchive(ByteSource(bytes, named: "x")) }
    }

    @Test func `an archive of several parts and an encrypted entry are refused`() {
        for bytes in [Self.changed(161 + 4, [1]), Self.changed(67 + 8, [1])] {
            #expect {
                try ZipArchive(ByteSource(bytes, named: "x"))
            } throws: { error in
                if case .unsupported = error as? TensorIOError { true } else { false }
            }
        }
    }

    /// A record of 64-bit sizes and its locator in front of the end record, which then says nothing.
    @Test func `sizes and places of 64 bits are read`() throws {
        let wide: [UInt8] = [255, 255, 255, 255]
        var record = Array(Self.two[114..<160])
        record.replaceSubrange(20..<28, with: wide + wide)
        record.replaceSubrange(42..<46, with: wide)
        record[30] = 28
        let directory =
            Array(Self.two[67..<114]) + record + Array("b".utf8) + [1, 0, 24, 0] + little(2, 8) + little(2, 8)
            + little(34, 8)
        let end: [UInt8] =
            Array("PK\u{6}\u{6}".utf8) + little(44, 8) + [45, 0, 45, 0] + little(0, 8) + little(2, 8) + little(2, 8)
            + little(directory.count, 8) + little(67, 8)
        let locator = Array("PK\u{6}\u{7}".utf8) + little(0, 4) + little(67 + directory.count, 8) + little(1, 4)
        let last = Array("PK\u{5}\u{6}".utf8) + [0, 0, 0, 0] + wide + wide + wide + [0, 0]
        let bytes = Array(Self.two[..<67]) + directory + end + locator + last
        let archive = try ZipArchive(ByteSource(bytes, named: "x"))
        let content = try archive.content(of: try #require(archive.entries["b"]), named: "b")
        #expect(try content.bytes(0..<2) == [4, 5])
        var refused = 0
        for byte in (67 + directory.count)..<bytes.count {
            for value: UInt8 in [0, 127, 255] {
                var broken = bytes
                broken[byte] = value
                if (try? ZipArchive(ByteSource(broken, named: "x"))) == nil { refused += 1 }
            }
        }
        #expect(refused > 100)
    }
}
