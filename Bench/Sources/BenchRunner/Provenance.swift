// Where results come from: the program, the machine, and how it was called. Source: harness specification, section 7.
//
// No user name, host name or home folder enters it.

public import BenchRecords
internal import BenchStore
internal import CSystem
internal import Foundation
internal import Glibc
internal import TensorIO
internal import Tensors

/// Everything about this process that a result must be read with.
public struct Provenance: Sendable {
    /// The program.
    public var build: BuildRecord
    /// The machine.
    public var machine: MachineRecord
    /// The command line, and the environment variables that matter.
    public var environment: [String: String]

    /// The provenance of what this process measures from here on; it starts git and the Swift compiler.
    public static func current() -> Provenance {
        Provenance(
            build: currentBuild(FileManager.default.currentDirectoryPath), machine: currentMachine(),
            environment: currentEnvironment())
    }
}

private func currentBuild(_ folder: String) -> BuildRecord {
    let git = Git(folder: folder)
    let head = git.head
    let patch = head == nil ? nil : git.patch()
    let hasChanges = patch.map { !$0.isEmpty } ?? false
    return BuildRecord(
        commit: head?.commit ?? "none", commitTime: head?.time ?? 0, parent: head?.parent ?? "",
        branch: head?.branch ?? "",
        patchDigest: hasChanges ? patch.map { SHA256.hexDigest(of: $0) } : nil,
        patch: hasChanges ? patch.flatMap { $0.count <= 32 << 20 ? $0 : nil } : nil, toolchain: toolchain(),
        configuration: buildConfiguration, dependencies: pins(in: git.root ?? folder), libraries: libraries(),
        binaryDigest: FileManager.default.contents(atPath: "/proc/self/exe").map { SHA256.hexDigest(of: [UInt8]($0)) }
            ?? "")
}

#if DEBUG
    let buildConfiguration = "debug"
#else
    let buildConfiguration = "release"
#endif

private func toolchain() -> String {
    let text = programOutput(["swift", "--version"]).map { String(decoding: $0, as: UTF8.self) }
    return text?.split(separator: "\n").first.map(String.init) ?? "unknown"
}

/// The versions in `Package.resolved`; a revision where there is no version.
func pins(in folder: String) -> [String: String] {
    struct Resolved: Decodable {
        struct Pin: Decodable {
            struct State: Decodable { var version: String?, revision: String? }
            var identity: String, state: State
        }
        var pins: [Pin]
    }
    guard let data = FileManager.default.contents(atPath: folder + "/Package.resolved"),
        let resolved = try? JSONDecoder().decode(Resolved.self, from: data)
    else { return [:] }
    return Dictionary(resolved.pins.map { ($0.identity, $0.state.version ?? $0.state.revision ?? "") }) { first, _ in
        first
    }
}

/// Versions as the loaded libraries tell them, not as headers do.
private func libraries() -> [String: String] {
    var result = [
        "openblas": Platform.blasConfiguration, "kernels": Platform.kernelLevel,
        "zlib": unsafe String(cString: system_zlib_version()),
    ]
    // By name, since these are linked by modules that do not show them; png_get_libpng_ver ignores its argument.
    let symbols = [
        ("glibc", "gnu_get_libc_version"), ("sqlite", "sqlite3_libversion"), ("libpng", "png_get_libpng_ver"),
    ]
    for (name, symbol) in symbols {
        typealias Version = @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>?
        guard let address = unsafe dlsym(nil, symbol) else { continue }
        if let text = unsafe unsafeBitCast(address, to: Version.self)(nil) {
            unsafe result[name] = String(cString: text)
        }
    }
    return result
}

func currentMachine() -> MachineRecord {
    var machine = MachineRecord(
        machineClass: "", cpu: cpuModel(), architecture: architecture, cores: visibleCores(),
        memoryGiB: Int((Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824).rounded()),
        blas: Platform.blasCoreName, quota: cpuQuota())
    machine.machineClass = String(SHA256.hexDigest(of: Array(machine.canonical.utf8)).prefix(8))
    return machine
}

#if arch(x86_64)
    private let architecture = "x86_64"
#elseif arch(arm64)
    private let architecture = "aarch64"
#endif

private func cpuModel() -> String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") }?.split(separator: ":", maxSplits: 1).last
    return line.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
}

/// CPUs this process may use.
public func visibleCores() -> Int { Int(system_visible_cores()) }

/// CPUs that the control group allows; `nil` without a limit.
private func cpuQuota() -> Double? {
    let membership = (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)) ?? ""
    let group = membership.split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3) ?? ""
    let paths = ["/sys/fs/cgroup\(group)/cpu.max", "/sys/fs/cgroup/cpu.max"]
    return paths.lazy.compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }.first.flatMap(quota)
}

/// The quota of a `cpu.max` file: `150000 100000` are 1.5 CPUs, `max 100000` is no limit.
func quota(_ text: String) -> Double? {
    let numbers = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard numbers.count == 2, let allowed = numbers[0], let period = numbers[1], period > 0 else { return nil }
    return allowed / period
}

private func currentEnvironment() -> [String: String] {
    let prefixes = ["BENCH_", "OPENBLAS_", "OMP_", "SWIFT_"]
    var result = ProcessInfo.processInfo.environment.filter { entry in prefixes.contains { entry.key.hasPrefix($0) } }
    result["command"] = (["bench"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
    return result.mapValues(withoutHome)
}

/// The text with `~` for the home folder, wherever it stands.
func withoutHome(_ text: String) -> String {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
    return home.count > 1 ? text.replacingOccurrences(of: home, with: "~") : text
}
