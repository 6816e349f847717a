import Foundation
import TensorIO
import Testing

struct FileTests {
    @Test func `writing replaces the old file and leaves nothing else`() throws {
        try withTemporaryFolder { folder in
            try writeFile([1, 2], to: folder + "/a")
            try writeFile([3], to: folder + "/a")
            #expect(try readFile(folder + "/a") == [3])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test func `a write that cannot finish leaves the folder as it was`() throws {
        try withTemporaryFolder { folder in
            // A folder with content cannot be renamed over.
            try FileManager.default.createDirectory(atPath: folder + "/a/b", withIntermediateDirectories: true)
            #expect(throws: TensorIOError.unwritable(file: folder + "/a", reason: "Is a directory")) {
                try writeFile([1], to: folder + "/a")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a"])
        }
    }

    @Test func `a full disk gives an error and keeps the old file`() async {
        await #expect(processExitsWith: .success) {
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("TensorIOTests-\(getpid())").path
            try writeFile([1, 2, 3], to: path)
            defer { try? FileManager.default.removeItem(atPath: path) }
            // The file system's limit stands in for a full disk: writing stops half-way, in both cases.
            var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
            signal(SIGXFSZ, SIG_IGN)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            do {
                try writeFile([UInt8](repeating: 7, count: 100_000), to: path)
                exit(1)
            } catch TensorIOError.unwritable(path, "File too large") {
                if try readFile(path) != [1, 2, 3] { exit(2) }
            }
        }
    }

    @Test func `a missing file and a missing folder are named with the system's reason`() {
        #expect(throws: TensorIOError.unreadable(file: "/nowhere/a", reason: "No such file or directory")) {
            try readFile("/nowhere/a")
        }
        #expect(throws: TensorIOError.unreadable(file: "/", reason: "Is a directory")) { try readFile("/") }
        #expect(throws: TensorIOError.unwritable(file: "/nowhere/a", reason: "No such file or directory")) {
            try writeFile([], to: "/nowhere/a")
        }
    }
}
