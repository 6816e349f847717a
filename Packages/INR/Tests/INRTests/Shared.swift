// Where the tests find real data and leave temporary files.

import Foundation
import TensorTesting

/// The data folder beside the repository; its tests are skipped where it is absent.
let sharedData = Golden.repository.appendingPathComponent("../shared/data").standardizedFileURL.path

func isThere(_ folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(sharedData)/\(folder)") }

func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("INRTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}
