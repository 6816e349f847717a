import Foundation
import TensorIO
import TensorTesting
import Tensors
import Testing

/// A safetensors file from its header and data.
private func file(_ header: String, data: Int = 0) -> [UInt8] {
    let count = UInt64(header.utf8.count)
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
    return bytes + [UInt8](repeating: 0, count: data)
}

/// A header's entry of four bytes.
private func bytes(_ start: Int, _ end: Int) -> String {
    #"{"dtype":"U8","shape":[4],"data_offsets":[\#(start),\#(end)]}"#
}

struct SafeTensorsTests {
    @Test func `every type becomes the nearest Float32`() throws {
        let expected = try golden("every_type_expected.safetensors")
        let tensors = try SafeTensors(contentsOf: goldenPath("every_type.safetensors")).tensors()
            .merging(try SafeTensors(contentsOf: goldenPath("bfloat16.safetensors")).tensors()) { a, _ in a }
        #expect(tensors.keys.sorted() == expected.tensors.keys.sorted())
        for (name, tensor) in tensors {
            #expect(difference(of: tensor, from: try expected[name], within: .exact) == nil, "\(name)")
        }
    }

    @Test func `metadata keeps every character`() throws {
        let file = try SafeTensors(contentsOf: goldenPath("every_type.safetensors"))
        #expect(file.metadata == ["text": "a \"quoted\" \\ line\nand é 😀"])
    }

    @Test func `escapes in names and metadata are read as JSON has them`() throws {
        let metadata = #""__metadata__":{"\u00e9\t":"\ud83d\ude00\/"}"#
        let bytes = file("{\(metadata)," + #""\"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, data: 4)
        let content = try SafeTensors(decoding: bytes, named: "x")
        #expect(content.metadata == ["é\t": "😀/"])
        #expect(content.names == ["\"x"])
    }

    @Test func `the bytes written are those of the reference library`() throws {
        let row = (0..<6).map { Float($0) / 7 }
        let ours = SafeTensors(
            ["b": Tensor(row, shape: [2, 3]), "a.weight": Tensor(Array(row[..<3]), shape: [3]), "c": Tensor(1)],
            metadata: ["é\n": "\u{1}"])
        #expect(try ours.bytes() == (try readFile(goldenPath("written.safetensors"))))
    }

    @Test func `what is written is read again`() throws {
        let tensors = ["x": Tensor([.nan, -0.0, .infinity], shape: [3, 1]), "none": Tensor([], shape: [0, 2])]
        try withTemporaryFolder { folder in
            try SafeTensors(tensors, metadata: ["step": "3"]).write(to: folder + "/a.safetensors")
            let read = try SafeTensors(contentsOf: folder + "/a.safetensors")
            #expect(read.metadata == ["step": "3"])
            #expect(read.shape(of: "none") == [0, 2])
            #expect(read.shape(of: "y") == nil)
            #expect(try read.tensor("x").scalars.map(\.bitPattern) == tensors["x"]?.scalars.map(\.bitPattern))
        }
    }

    @Test(arguments: [
        ("{", 0), ("[]", 0), ("{} x", 0), ("{\"a\":1}", 0), ("{\"a\":{}}", 0),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8),  // bytes left over
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),  // a gap
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),  // too few bytes for the shape
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}"#, 4),
        (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4),
        (#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),  // 2⁶⁴ is 0 modulo 2⁶⁴
        (#"{"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}"#, 0),  // strides overflow
        (#"{"a":\#(bytes(0, 4)),"b":\#(bytes(2, 6))}"#, 6),  // an overlap
        (#"{"a":\#(bytes(0, 4)),"a":\#(bytes(4, 8))}"#, 8),  // a name twice
        (#"{"a":{"dtype":"U8","shape":[4,],"data_offsets":[0,4]}}"#, 4),
        (#"{"__metadata__":{"a":1}}"#, 0), (#"{"__metadata__":{},"__metadata__":{}}"#, 0),
        (#"{"__metadata__":{"a":"b","a":"c"}}"#, 0), (#"{"__metadata__":{"\ud800":"b"}}"#, 0),
        (String(repeating: "[", count: 100_000), 0), (String(repeating: "{\"a\":", count: 100_000), 0),
    ])
    func `a contradictory file is refused as damaged`(header: String, data: Int) throws {
        #expect {
            try SafeTensors(decoding: file(header, data: data), named: "x")
        } throws: { error in
            if case .damaged = error as? TensorIOError { true } else { false }
        }
    }

    @Test func `a file is refused at every length but its own`() throws {
        let whole = try readFile(goldenPath("written.safetensors"))
        for count in 0..<whole.count {
            #expect(throws: TensorIOError.cutOff(file: "x", byteCount: count)) {
                try SafeTensors(decoding: Array(whole[..<count]), named: "x")
            }
        }
    }

    @Test func `a header length above any file is refused before anything is read`() throws {
        #expect(throws: TensorIOError.damaged(file: "x", what: "its header declares 18446744073709551615 bytes")) {
            try SafeTensors(decoding: [UInt8](repeating: 255, count: 64), named: "x")
        }
    }

    @Test func `types and ranks that no tensor has are refused as unsupported`() throws {
        for header in [
            #"{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#,
            #"{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1],"data_offsets":[0,1]}}"#,
        ] {
            #expect {
                try SafeTensors(decoding: file(header, data: 1), named: "x")
            } throws: { error in
                if case .unsupported = error as? TensorIOError { true } else { false }
            }
        }
    }
}
