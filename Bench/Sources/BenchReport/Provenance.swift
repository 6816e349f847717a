// What a run's numbers rest on: a few facts above every table, and every stored field on request.

internal import BenchRecords
internal import Measurements

extension RunRecord {
    /// The head of `show`.
    var facts: [Fact] {
        [
            Fact("run", shortID), Fact("commit", build.inWords),
            Fact("machine", "\(machine.machineClass) (\(machine.cores) cores)"), Fact("toolchain", build.toolchain),
            Fact("blas", machine.blas), Fact("seed", "\(seed)"), Fact("threads", "\(threads)"),
            Fact("tier", tier.rawValue), Fact("date", utc(started) + " UTC"), Fact("status", status.rawValue),
        ] + (settings ?? []).map { Fact("set", $0.description) }
    }

    /// Every field of the run, and every field of its cases but their values.
    var provenance: [Table] {
        func table(_ title: String, _ rows: [Row]) -> Table {
            Table(title: title, columns: [Column("field", .left), Column("value", .left)], rows: rows)
        }
        return [table("provenance", fields.map { Row([Cell($0.name), Cell($0.value)]) })]
            + cases.sorted { $0.id < $1.id }.map { item in
                table("provenance of \(item.id)", item.fields.map { Row([Cell($0.name), Cell($0.value)]) })
            }
    }

    private var fields: [Fact] {
        [
            Fact("run", uuid), Fact("kind", kind.rawValue), Fact("status", status.rawValue),
            Fact("tier", tier.rawValue), Fact("seed", "\(seed)"), Fact("threads", "\(threads)"),
            Fact("plan", planDigest), Fact("started", utc(started)), Fact("ended", ended.map(utc) ?? "not yet"),
            Fact("commit", build.commit), Fact("commit time", utc(build.commitTime)), Fact("parent", build.parent),
            Fact("branch", build.branch), Fact("patch", build.patchDigest ?? "none"),
            Fact("patch stored", build.patch.map { "\($0.count) bytes" } ?? "no"),
            Fact("toolchain", build.toolchain), Fact("build", build.configuration), Fact("binary", build.binaryDigest),
            Fact("machine", machine.machineClass), Fact("cpu", machine.cpu), Fact("architecture", machine.architecture),
            Fact("cores", "\(machine.cores)"), Fact("memory", "\(machine.memoryGiB) GiB"), Fact("blas", machine.blas),
            Fact("quota", machine.quota.map { "\($0) CPUs" } ?? "none"),
        ] + sortedFacts("library", build.libraries) + sortedFacts("dependency", build.dependencies)
            + sortedFacts("environment", environment)
    }
}

extension CaseRecord {
    fileprivate var fields: [Fact] {
        [
            Fact("version", "\(version)"), Fact("tier", tier.rawValue), Fact("state", state.rawValue),
            Fact("attempt", "\(attempt)"), Fact("started", started.map(utc) ?? "never"),
            Fact("ended", ended.map(utc) ?? "never"), Fact("exit code", exitCode.map(String.init) ?? "none"),
            Fact("signal", signal.map(String.init) ?? "none"), Fact("message", message.isEmpty ? "none" : message),
        ] + sortedFacts("configuration", configuration) + sortedFacts("data", dataDigests)
            + measurements.map { Fact("signature", $0.metric.signature.description) }.sorted { $0.value < $1.value }
    }
}

private func sortedFacts(_ kind: String, _ values: [String: String]) -> [Fact] {
    values.sorted { $0.key < $1.key }.map { Fact("\(kind) \($0.key)", $0.value) }
}

extension BuildRecord {
    /// `5c1e90ab main + patch 1f0e22c7`.
    var inWords: String {
        [String(commit.prefix(8)), branch, patchDigest.map { "+ patch \($0.prefix(8))" } ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " ")
    }
}
