// Data sets in a folder: found, examined, fetched from addresses that need no network.

import BenchRecords
import Foundation
import Measurements
import TensorIO
import Testing

@testable import BenchRunner

@Suite struct DataFolderTests {
    let place: Workplace

    init() throws { place = try Workplace() }

    private func write(_ text: String, _ name: String) throws {
        let file = URL(fileURLWithPath: place.path + "/" + name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private var folder: DataFolder { DataFolder(place.path + "/data") }

    /// A set of one file that its digest pins, and two that only their number and their joint digest do.
    private func set(url: String? = nil) -> DataSet {
        DataSet(
            "s/t", line: "s", "letters", source: "typed", licence: "none", layout: "as typed",
            files: [
                DataFiles("index", SHA256.hexDigest(of: Array("index".utf8)), url: url),
                DataFiles("parts/*.txt", count: 2, digest: SHA256.hexDigest(of: Array("firstsecond".utf8))),
            ])
    }

    private func writeWhole() throws {
        try write("index", "data/s/t/index")
        try write("second", "data/s/t/parts/b.txt")
        try write("first", "data/s/t/parts/a.txt")
        try write("no part of it", "data/s/t/README")
    }

    @Test func `a set that is whole has no fault, also behind a link`() throws {
        try writeWhole()
        let path = place.path + "/data/s/t"
        #expect(folder.examined(set()) == DataRecord(set(), folder: path))
        try FileManager.default.createSymbolicLink(atPath: place.path + "/data/u", withDestinationPath: path)
        var linked = set()
        linked.name = "u"
        #expect(folder.examined(linked) == DataRecord(linked, folder: place.path + "/data/u"))
    }

    @Test func `a set that is not there has no faults, and no folder`() {
        #expect(folder.examined(set()) == DataRecord(set(), folder: nil))
    }

    @Test func `what is missing, too much or changed is told in a sentence each`() throws {
        try writeWhole()
        try FileManager.default.removeItem(atPath: place.path + "/data/s/t/parts/b.txt")
        try write("Index", "data/s/t/index")
        #expect(
            folder.examined(set()).faults == [
                "s/t/index: its SHA-256 begins with 39c3be11, not 1bc04b52; get it anew.",
                "s/t/parts/*.txt: 1 instead of 2 files are there.",
            ])
        try writeWhole()
        try write("", "data/s/t/parts/c.txt")
        #expect(folder.examined(set()).faults == ["s/t/parts/*.txt: 3 instead of 2 files are there."])
        try FileManager.default.removeItem(atPath: place.path + "/data/s/t/parts")
        #expect(folder.examined(set()).faults == ["s/t/parts/*.txt: is not there; 2 belong there."])
    }

    @Test func `a file is fetched once, and again when it is damaged`() throws {
        try write("index", "origin")
        let set = set(url: "file://\(place.path)/origin")
        var asked: [String] = []
        for expected in [1, 0] {
            #expect(try folder.fetch(set) { asked.append($0) } == expected)
            #expect(folder.examined(set).faults == ["s/t/parts/*.txt: is not there; 2 belong there."])
        }
        try write("damaged", "data/s/t/index")
        #expect(try folder.fetch(set) { asked.append($0) } == 1)
        #expect(asked.count == 2)
    }

    @Test func `what has another digest is deleted, and what was there stays`() throws {
        try write("something else", "origin")
        try write("old", "data/s/t/index")
        let url = "file://\(place.path)/origin"
        let digest = SHA256.hexDigest(of: Array("something else".utf8))
        let expected = SHA256.hexDigest(of: Array("index".utf8))
        #expect(throws: DataFolderError.otherContents(url: url, digest: digest, expected: expected)) {
            try folder.fetch(set(url: url)) { _ in }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/data/s/t") == ["index"])
        #expect(try String(contentsOfFile: place.path + "/data/s/t/index", encoding: .utf8) == "old")
    }

    @Test func `an address without a file and a folder that is a file are refused`() throws {
        #expect(throws: DataFolderError.notFetched(url: "file:///nowhere")) {
            try folder.fetch(set(url: "file:///nowhere")) { _ in }
        }
        #expect(folder.found(set()).folder == nil)
        try write("", "file")
        #expect(throws: DataFolderError.unwritable(path: place.path + "/file/s/t/index")) {
            try DataFolder(place.path + "/file").fetch(set(url: "file:///nowhere")) { _ in }
        }
    }

    @Test(arguments: [
        (
            DataFolderError.unknown(asked: "kodac", nearest: "kodak"),
            "unknown data set 'kodac'; did you mean 'kodak'? 'bench data list' shows all."
        ),
        (.unwritable(path: "/x/a"), "/x/a: cannot be written; check its folder, its permissions and the disk."),
        (
            .notFetched(url: "https://x/a"),
            "https://x/a: cannot be fetched; check the network, and that curl is installed."
        ),
        (
            .otherContents(url: "https://x/a", digest: "0123456789", expected: "9876543210"),
            "https://x/a: what came has a SHA-256 that begins with 01234567, not 98765432; it was deleted. Look for "
                + "another source of the file."
        ),
    ])
    func `every error says where, what and what to do`(_ error: DataFolderError, _ sentence: String) {
        #expect(error.description == sentence)
    }

    @Test func `an unknown set is answered with the nearest`() throws {
        #expect(throws: DataFolderError.unknown(asked: "t", nearest: "s/t")) { try dataSet(named: "t", in: [set()]) }
        #expect(try dataSet(named: "s/t", in: [set()]) == set())
    }

    @Test func `check tells each fault, and ends with 2 until all is well`() throws {
        try write("b", "d/pictures/a.txt")
        let damaged = try place.run("data", "check", "d")
        #expect(damaged.code == 2)
        #expect(
            damaged.output.contains("(pictures/a.txt: its SHA-256 begins with 3e23e816, not ca978112; get it anew.)"))
        #expect(damaged.lastLine == "VERDICT damaged | sets=1 damaged=1 absent=0 | run=00000000 | exit=2")
        try write("a", "d/pictures/a.txt")
        let whole = try place.run("data", "check", "d")
        #expect(whole.lastLine == "VERDICT whole | sets=1 damaged=0 absent=0 | run=00000000 | exit=0")
        #expect(
            try place.run("data", "get", "pictures", "--data", "d").lastLine.hasPrefix("VERDICT whole | fetched=0 "))
        #expect(try place.run("data", "where", "--data", "d").output.contains("pictures  \(place.path)/d/pictures\n"))
        let listed = try place.run("data", "--data", "d", "--format", "csv").output
        #expect(listed.contains("data sets,pictures,cases,,1.0,,,1\r\n"), "\(listed)")
        #expect(listed.contains("data sets,pictures,state,,,,,there\r\n"))
        #expect(listed.contains("data sets,secrets,state,,,,,absent\r\n"))
    }

    @Test func `a set that nobody can fetch is answered with how to come by it`() throws {
        let ended = try place.run("data", "get", "secrets", "--data", "d")
        #expect(ended.output.hasPrefix("set secrets   state absent\n\nhow to come by it\n"), "\(ended.output)")
        #expect(ended.output.contains("source\n    (apply to nobody)\n"))
    }
}
