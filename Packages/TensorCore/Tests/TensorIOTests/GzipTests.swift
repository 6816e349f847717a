import Foundation
import TensorTesting
import Testing

@testable import TensorIO

/// `gzip` of "a line\n" four times, and the same with a name and a comment in its header.
private let plain: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 0xFF, 0x4B, 0x54, 0xC8, 0xC9, 0xCC, 0x4B, 0xE5, 0x4A, 0xC4, 0x46, 1, 0]
    + [0xD3, 0x8A, 0x40, 0x63, 28, 0, 0, 0]
private let text = String(repeating: "a line\n", count: 4)

@Suite struct GzipTests {
    @Test func `a member is unpacked, whatever stands in its header`() throws {
        #expect(String(decoding: try gunzipped(plain, named: "x"), as: UTF8.self) == text)
        var named = plain
        named[3] = 4 | 8 | 16 | 2
        named.insert(contentsOf: [2, 0, 1, 2] + Array("name\u{0}comment\u{0}".utf8) + [9, 9], at: 10)
        #expect(String(decoding: try gunzipped(named, named: "x"), as: UTF8.self) == text)
    }

    @Test func `every cut and every changed byte of the data is found`() {
        for count in 0..<plain.count {
            #expect(throws: TensorIOError.self) { try gunzipped(Array(plain[..<count]), named: "x") }
        }
        // Time, level and system say nothing about the content, nor do the bits that fill the last byte of the data.
        for index in plain.indices where ![4, 5, 6, 7, 8, 9, 21].contains(index) {
            var broken = plain
            broken[index] ^= 0x40
            #expect(throws: TensorIOError.self, "byte \(index)") { try gunzipped(broken, named: "x") }
        }
    }

    @Test func `a bomb's claim is refused before anything is unpacked`() {
        var bomb = plain
        bomb.replaceSubrange(plain.count - 4..<plain.count, with: [0, 0, 0, 0x3F])
        #expect(throws: TensorIOError.damaged(file: "x", what: "it claims to unpack to 1056964608 bytes")) {
            try gunzipped(bomb, named: "x")
        }
    }
}
