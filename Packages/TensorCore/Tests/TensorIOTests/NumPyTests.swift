import TensorIO
import TensorTesting
import Tensors
import Testing

struct NumPyTests {
    @Test(arguments: ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "scalar", "empty"])
    func `an npy file of every type becomes the nearest Float32`(name: String) throws {
        let expected = try golden("every_type_expected.safetensors")
        let tensor = try Tensor(contentsOfNPY: goldenPath("\(name).npy"))
        #expect(difference(of: tensor, from: try expected[name], within: .exact) == nil)
    }

    @Test(arguments: ["big_endian", "version_2", "version_3"])
    func `byte order and version do not change the numbers`(name: String) throws {
        let expected = try golden("every_type_expected.safetensors")
        let tensor = try Tensor(contentsOfNPY: goldenPath("\(name).npy"))
        #expect(difference(of: tensor, from: try expected["f4"], within: .exact) == nil)
    }

    @Test func `Fortran order is read into the same elements`() throws {
        let tensor = try Tensor(contentsOfNPY: goldenPath("fortran.npy"))
        #expect(tensor.shape == [2, 3, 4])
        #expect(tensor.scalars == (0..<24).map(Float.init))
    }

    @Test(arguments: ["complex", "records"])
    func `what is no real number is refused`(name: String) throws {
        #expect {
            try Tensor(contentsOfNPY: goldenPath("\(name).npy"))
        } throws: { error in
            if case .unsupported = error as? TensorIOError { true } else { false }
        }
    }

    @Test(arguments: ["f4", "scalar", "empty"])
    func `the npy bytes written are numpy's`(name: String) throws {
        let bytes = try readFile(goldenPath("\(name).npy"))
        #expect(try Tensor(decodingNPY: bytes, named: name).npyData == bytes)
    }

    @Test(arguments: ["f4", "i8", "version_2"])
    func `an npy file is refused at every length but its own`(name: String) throws {
        let whole = try readFile(goldenPath("\(name).npy"))
        for count in 0..<whole.count {
            #expect(throws: TensorIOError.cutOff(file: "x", byteCount: count)) {
                try Tensor(decodingNPY: Array(whole[..<count]), named: "x")
            }
        }
        #expect(throws: TensorIOError.damaged(file: "x", what: "1 bytes follow the array")) {
            try Tensor(decodingNPY: whole + [0], named: "x")
        }
    }

    @Test(arguments: ["stored", "deflated"])
    func `an npz archive gives its arrays`(name: String) throws {
        let archive = try NPZ(contentsOf: goldenPath("\(name).npz"))
        #expect(archive.names == ["f4", "ramp"])
        #expect(try archive.tensor("ramp").scalars == (0..<4096).map { Float($0 / 64) })
        let expected = try golden("every_type_expected.safetensors")
        #expect(difference(of: try archive.tensor("f4"), from: try expected["f4"], within: .exact) == nil)
        #expect(throws: TensorIOError.missingTensor(name: "g", file: goldenPath("\(name).npz"), names: ["f4", "ramp"]))
        {
            try archive.tensor("g")
        }
    }

    @Test func `an archive written is read again`() throws {
        let tensors = [
            "x": Tensor([1, 2, 3], shape: [3]), "block.weight": Tensor([4], shape: [1, 1]), "nothing": .zeros([0, 3]),
        ]
        try withTemporaryFolder { folder in
            try NPZ(tensors).write(to: folder + "/a.npz")
            let read = try NPZ(contentsOf: folder + "/a.npz")
            #expect(read.names == ["block.weight", "nothing", "x"])
            #expect(try read.tensor("nothing").shape == [0, 3])
            #expect(try read.tensor("x").scalars == [1, 2, 3])
            #expect(try read.tensor("block.weight").shape == [1, 1])
        }
    }

    @Test(arguments: ["stored", "deflated"])
    func `a flipped bit in an entry's data is found`(name: String) throws {
        var bytes = try readFile(goldenPath("\(name).npz"))
        // Behind the first local header: 30 bytes, the name "f4.npy" and numpy's 20 extra bytes.
        let first = 30 + 6 + 20
        bytes[first + 10] ^= 4
        let archive = try NPZ(decoding: bytes, named: "x")
        #expect(throws: TensorIOError.damaged(file: "x", what: "entry 'f4' does not unpack to what its checksum says"))
        {
            try archive.tensor("f4")
        }
        #expect(try archive.tensor("ramp").count == 4096)
    }

    /// A zip bomb: few bytes that claim to unpack to very many.
    @Test func `an entry that claims more than deflate can hold is refused before anything is unpacked`() throws {
        let bytes = try readFile(goldenPath("deflated.npz"))
        let record = try #require(
            (0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == Array("PK\u{1}\u{2}".utf8) })
        for claim: [UInt8] in [[0, 0, 0, 0x7F], [0, 0, 0x10, 0]] {
            var bomb = bytes
            bomb.replaceSubrange(record + 24..<record + 28, with: claim)
            let before = Counters.now.peakLiveBytes
            #expect(throws: TensorIOError.damaged(file: "x", what: "entry 'f4.npy' claims more bytes than it can hold"))
            {
                try NPZ(decoding: bomb, named: "x")
            }
            #expect(Counters.now.peakLiveBytes - before < 1 << 20)
        }
    }
}
