// Where the tests' data are.

import Foundation
import TensorTesting

/// The speech-translation data beside the repository; its tests are skipped where it is absent.
let translationData = Golden.repository.appendingPathComponent("../shared/data/st").standardizedFileURL

/// Whether that folder is there.
let hasTranslationData = FileManager.default.fileExists(atPath: translationData.path)

/// The lines of a file of the speech-translation data, unpacked by gzip where the name ends so.
func lines(of file: String) throws -> [String] {
    let url = translationData.appendingPathComponent(file)
    guard url.pathExtension == "gz" else { return lines(in: try Data(contentsOf: url)) }
    let gzip = Process(), output = Pipe()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", "-dc", url.path]
    gzip.standardOutput = output
    try gzip.run()
    let content = try output.fileHandleForReading.readToEnd() ?? Data()
    gzip.waitUntilExit()
    return lines(in: content)
}

/// LF-terminated lines; a carriage return stays.
func lines(in content: Data) -> [String] {
    var parts = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if parts.last?.isEmpty == true { parts.removeLast() }
    return parts.map { String(decoding: $0, as: UTF8.self) }
}
