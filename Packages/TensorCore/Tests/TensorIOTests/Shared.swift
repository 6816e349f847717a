// Where the tests' files are.

import Foundation
import TensorIO
import TensorTesting
import Tensors
import Testing

/// Golden files of the formats' own libraries, made by ci/references/formats.py.
let goldenFolder = Bundle.module.resourceURL ?? URL(fileURLWithPath: "/")

/// The path of a golden file.
func goldenPath(_ name: String) -> String { goldenFolder.appendingPathComponent("Golden/\(name)").path }

/// Tensors from a golden file of ci/references/formats.py as it stands.
func golden(_ name: String) throws -> Golden {
    try Golden(URL(fileURLWithPath: goldenPath(name)), madeBy: "ci/references/formats.py", version: 1)
}

/// The data folder beside the repository; its tests are skipped where it is absent.
let sharedData = Golden.repository.appendingPathComponent("../shared/data").standardizedFileURL

/// Whether a folder of the shared data is there.
func isThere(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: sharedData.appendingPathComponent(folder).path)
}

/// Runs `body` with a fresh folder and removes it.
func withTemporaryFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("TensorIOTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

/// The rows of a CSV file as dictionaries; fields in double quotes may hold commas.
func table(_ file: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: sharedData.appendingPathComponent(file), encoding: .utf8)
        .split(whereSeparator: \.isNewline)
        .map { line in
            line.reduce(into: (fields: [""], isQuoted: false)) { state, character in
                switch character {
                case "\"": state.isQuoted.toggle()
                case "," where !state.isQuoted: state.fields.append("")
                default: state.fields[state.fields.count - 1].append(character)
                }
            }.fields
        }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
}
