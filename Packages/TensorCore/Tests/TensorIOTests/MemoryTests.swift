// What reading costs: no more than four times the file and 16 MiB, since one-byte numbers become Float32.

import Foundation
import TensorTesting
import Tensors
import Testing

@testable import TensorIO

private let byteCount = 32 << 20

/// This process's `VmHWM` (largest resident size so far) or `VmRSS`, in bytes.
private func resident(_ field: String) throws -> Int {
    let status = String(decoding: try readFile("/proc/self/status"), as: UTF8.self)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(field):") })
    return 1024 * (try #require(Int(line.split(separator: " ")[1])))
}

/// A file of 32 MiB of one-byte numbers around which `wrap` puts what its format demands.
private func withLargeFile(_ wrap: ([UInt8]) -> [UInt8], _ body: (String) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("TensorIOTests-\(UUID())").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try writeFile(wrap([UInt8](repeating: 7, count: byteCount)), to: path)
    try await body(path)
}

private func npy(_ numbers: [UInt8]) -> [UInt8] {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(byteCount),), }\n"
    return Array("\u{93}".unicodeScalars.map { UInt8($0.value) }) + Array("NUMPY".utf8) + [1, 0]
        + little(header.utf8.count, 2) + Array(header.utf8) + numbers
}

/// The pickle of a dictionary with the tensor `a`: all of storage 0, or its transpose as half by two.
private func pickle() -> [UInt8] {
    func number(_ n: Int) -> [UInt8] { [UInt8(ascii: "J")] + little(n, 4) }
    func text(_ t: String) -> [UInt8] { [UInt8(ascii: "X")] + little(t.utf8.count, 4) + Array(t.utf8) }
    let storage = Array("(".utf8) + text("storage") + Array("ctorch\nByteStorage\n".utf8) + text("0") + text("cpu")
    let shape = number(byteCount / 2) + number(2) + [0x86] + number(1) + number(byteCount / 2) + [0x86]
    return [0x80, 2] + Array("}".utf8) + text("a") + Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8) + storage
        + number(byteCount) + Array("tQ".utf8) + number(0) + shape + [0x89] + Array("NtRs.".utf8)
}

/// The tensor `a` of a file, and whether reading it stayed within the bound.
private func readsWithinBound(_ path: String, _ read: (String) throws -> Tensor) throws -> Bool {
    let before = try resident("VmRSS")
    let tensor = try read(path)
    let growth = try resident("VmHWM") - before
    return tensor.count == byteCount && growth <= 4 * byteCount + (16 << 20)
}

@Suite struct MemoryTests {
    @Test func `safetensors of bytes`() async throws {
        let header = "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(byteCount)],\"data_offsets\":[0,\(byteCount)]}}"
        try await withLargeFile({ little(header.utf8.count, 8) + Array(header.utf8) + $0 }) { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                guard try readsWithinBound(path, { try SafeTensors(contentsOf: $0).tensors()["a"] ?? Tensor(0) }) else {
                    exit(1)
                }
            }
        }
    }

    @Test func `npy of bytes`() async throws {
        try await withLargeFile(npy) { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                guard try readsWithinBound(path, { try Tensor(contentsOfNPY: $0) }) else { exit(1) }
            }
        }
    }

    @Test func `npz of bytes`() async throws {
        try await withLargeFile({ storedZip([("a.npy", npy($0))]) }) { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                guard try readsWithinBound(path, { try NPZ(contentsOf: $0).tensor("a") }) else { exit(1) }
            }
        }
    }

    @Test func `a transposed PyTorch tensor of bytes`() async throws {
        try await withLargeFile({ storedZip([("x/data.pkl", pickle()), ("x/data/0", $0)]) }) { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                guard try readsWithinBound(path, { try TorchFile(contentsOf: $0).tensors()["a"] ?? Tensor(0) }) else {
                    exit(1)
                }
            }
        }
    }

    @Test func `a file that is shortened after it was opened is cut off`() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/a.safetensors"
            try SafeTensors(["a": .ones([100])]).write(to: path)
            let file = try SafeTensors(contentsOf: path)
            try #require(unsafe truncate(path, 300) == 0)
            #expect(throws: TensorIOError.cutOff(file: path, byteCount: 300)) { try file.tensor("a") }
        }
    }
}
