// One state of the sources in several layouts: where code and stack lie moves costs by some per cent, though no change
// of the code is to blame (Mytkowicz et al. 2009; Curtsinger and Berger 2013).

public import BenchRecords
internal import Foundation

extension CommitRunner {
    /// KiB of nothing before the code and in the environment: the first layout is the program as it is.
    public static let layoutKiB = [0, 1, 3, 7]

    /// Pairs of runs of one state in two layouts: `count` for each layout after the first one, against that.
    ///
    /// The state is built once and linked for each of the layouts, of which it takes two at least.
    ///
    /// - Throws: ``WorktreeError``, ``RunnerError``, `StoreError`.
    public func layoutPairs(
        of state: SourceState, layouts: Int, cases: [String], count: Int, seed: UInt64, threads: Int
    ) throws -> [RunPair] {
        try withProgram(of: state) { program in
            let ids = try program.known(of: cases)
            let programs = try Self.layoutKiB.prefix(layouts).map { try program.laidOut(paddingKiB: $0) }
            return try programs.dropFirst().flatMap { other in
                try other.paired(with: programs[0], ids, seed: seed, threads: threads, kind: .calibrate) { pairs in
                    pairs.count == count ? pairs : nil
                }.pairs
            }
        }
    }
}

extension CommitProgram {
    /// A copy of the program, linked with so much unused code before all other and run with so much in its environment.
    fileprivate func laidOut(paddingKiB: Int) throws -> CommitProgram {
        let stem = "\(tree.path)/.build/layout-\(paddingKiB)"
        var copy = self
        copy.path = stem
        copy.name += " + \(paddingKiB) KiB"
        copy.environment["LAYOUT_PADDING"] = String(repeating: "x", count: paddingKiB << 10)
        var flags: [String] = []
        if paddingKiB > 0 {
            // Linkers put what is unlikely to run first; as a root it is not collected as garbage.
            let source = """
                .section .text.unlikely,"ax",@progbits
                .globl bench_layout_padding
                bench_layout_padding: .skip \(paddingKiB << 10)

                """
            let isWritten = (try? Data(source.utf8).write(to: URL(fileURLWithPath: stem + ".s"))) != nil
            guard isWritten, programOutput(["clang", "-c", stem + ".s", "-o", stem + ".o"]) != nil else {
                throw WorktreeError.notLaidOut(commit: tree.state.commit, folder: tree.path)
            }
            flags = [stem + ".o", "--undefined=bench_layout_padding"].flatMap { ["-Xlinker", $0] }
        }
        var display = ProgressDisplay(width: runner.width)
        let built = try runner.timed("\(copy.name): linking", tree.logPath("build"), &display) {
            try tree.build(flags: flags, onTick: $0)
        }
        try? FileManager.default.removeItem(atPath: stem)
        guard (try? FileManager.default.copyItem(atPath: built, toPath: stem)) != nil else {
            throw WorktreeError.notLaidOut(commit: tree.state.commit, folder: tree.path)
        }
        return copy
    }
}
