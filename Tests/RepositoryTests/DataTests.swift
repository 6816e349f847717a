import BenchCases
import Foundation
import Measurements
import Testing

@Suite struct DataTests {
    @Test func `every folder that a case needs is a known set`() {
        let needed = Set(allCases.flatMap(\.dataFolders))
        #expect(!needed.isEmpty && needed.subtracting(allDataSets.map(\.name)) == [])
    }

    @Test func `sets have names of their own, lines with cases, and digests in full`() {
        #expect(Set(allDataSets.map(\.name)).count == allDataSets.count)
        let lines = Set(allCases.compactMap { $0.id.split(separator: ".").first.map(String.init) })
        for set in allDataSets {
            #expect(lines.contains(set.line), "\(set.name)")
            for files in set.files {
                let digest = files.digest ?? String(repeating: "0", count: 64)
                #expect(digest.wholeMatch(of: /[0-9a-f]{64}/) != nil, "\(set.name)/\(files.pattern)")
                #expect(files.url == nil || (files.digest != nil && !files.pattern.contains("*")))
            }
        }
    }

    @Test func `the list fits 100 columns`() throws {
        let listed = try Workplace().bench("data", "list", "--data", "nowhere")
        #expect(listed.verdict == "VERDICT listed | sets=\(allDataSets.count) there=0 | run=00000000 | exit=0")
        #expect(!listed.output.contains("…"), "\(listed.output)")
        #expect(listed.output.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(listed.output)")
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: sharedData), "needs the data beside the repository"))
    func `the data beside the repository is what the catalogue says`() throws {
        let checked = try Workplace().bench("data", "check", sharedData)
        #expect(checked.code == 0, "\(checked.output)")
        #expect(checked.verdict.hasPrefix("VERDICT whole | sets=11 damaged=0 absent=0 "), "\(checked.output)")
    }
}
