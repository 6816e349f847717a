import Foundation
import Testing

/// The lines of README's shell blocks, without comments.
private let commands: [String] = {
    let text = (try? String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)) ?? ""
    let blocks = text.components(separatedBy: "```sh\n").dropFirst().compactMap {
        $0.components(separatedBy: "```").first
    }
    return blocks.flatMap { $0.split(separator: "\n") }
        .map { $0.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
}()

@Suite struct ReadmeTests {
    @Test func `README shows commands, the two of the quick start first`() {
        #expect(commands.prefix(2) == ["ci/nightly", "ci/test"])
    }

    @Test(arguments: commands)
    func `what README tells people to type exists`(_ command: String) throws {
        let words = command.split(separator: " ").map { $0.trimmingCharacters(in: ["'"]) }
        if words.starts(with: ["swift", "run", "bench"]) {
            // With --help the arguments are parsed as far as the verb.
            let first = try #require(words.dropFirst(3).first)
            let verb = first == "try" ? Array(words[3..<6]) : [first]
            let asked = try Workplace().bench(verb + ["--help"])
            #expect(asked.code == 0, "\(command)")
            let help = asked.output
            for option in words where option.hasPrefix("--") { #expect(help.contains(option), "\(command)") }
        } else if words[0] == "export" {
            let program = try #require(command.firstMatch(of: /\$\((.+)\)/)).output.1
            #expect(FileManager.default.isExecutableFile(atPath: repository.appendingPathComponent("\(program)").path))
        } else if words[0].contains("/") {
            let path = repository.appendingPathComponent(words[0]).path
            #expect(FileManager.default.isExecutableFile(atPath: path), "\(command)")
        } else {
            #expect(["swift", "git", "sqlite3"].contains(words[0]), "\(command)")
        }
    }
}
