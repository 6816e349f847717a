// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .treatWarning("DeprecatedDeclaration", as: .warning),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]
// Optimised in debug builds too, so that `swift run` needs no flag. Never add -wmo: it breaks the debug link.
let numeric = strict + [.unsafeFlags(["-O"])]
// Contraction is off because every fused multiply-add is written as one: bits must not depend on the instruction set.
let kernels: [CSetting] = [
    .unsafeFlags(["-O3", "-ffp-contract=off"]), .treatAllWarnings(as: .error), .enableWarning("all"),
]

let package = Package(
    name: "TensorCore",
    products: [
        .library(name: "TensorKernels", targets: ["TensorKernels"]),
        .library(name: "Tensors", targets: ["Tensors"]),
        .library(name: "Learning", targets: ["Learning"]),
        .library(name: "TensorIO", targets: ["TensorIO"]),
        .library(name: "Signal", targets: ["Signal"]),
        .library(name: "Sequences", targets: ["Sequences"]),
        .library(name: "Measurements", targets: ["Measurements"]),
        .library(name: "TensorTesting", targets: ["TensorTesting"]),
    ],
    targets: [
        // System libraries and C
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CFFTW", pkgConfig: "fftw3f", providers: [.apt(["libfftw3-dev"])]),
        .systemLibrary(name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CLibJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLibSndFile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
        .systemLibrary(
            name: "CLibSentencePiece", pkgConfig: "sentencepiece", providers: [.apt(["libsentencepiece-dev"])]),
        .target(name: "CPNG", dependencies: ["CLibPNG"], cSettings: kernels),
        .target(name: "CJPEG", dependencies: ["CLibJPEG"], cSettings: kernels),
        .target(name: "CSndFile", dependencies: ["CLibSndFile"], cSettings: kernels),
        .target(
            name: "CSentencePiece", dependencies: ["CLibSentencePiece"],
            cxxSettings: [.treatAllWarnings(as: .error), .enableWarning("all")]),
        .target(name: "TensorKernels", cSettings: kernels),

        // Public modules
        .target(name: "Tensors", dependencies: ["TensorKernels", "COpenBLAS"], swiftSettings: numeric),
        .target(name: "Learning", dependencies: ["Tensors"], swiftSettings: numeric),
        .target(
            name: "TensorIO", dependencies: ["Tensors", "Learning", "CPNG", "CJPEG", "CSndFile", "CZlib"],
            swiftSettings: numeric),
        .target(name: "Signal", dependencies: ["Tensors", "TensorKernels", "CFFTW"], swiftSettings: numeric),
        .target(
            name: "Sequences", dependencies: ["Tensors", "Learning", "CSentencePiece"], swiftSettings: numeric),
        .target(name: "Measurements", swiftSettings: strict),

        // Test support
        .target(
            name: "TensorTesting", dependencies: ["Tensors", "Learning", "TensorIO", "Measurements"],
            swiftSettings: numeric),
        .testTarget(name: "TensorKernelsTests", dependencies: ["TensorKernels"], swiftSettings: numeric),
        .testTarget(
            name: "TensorsTests", dependencies: ["Tensors", "Learning", "TensorTesting"], resources: [.copy("Golden")],
            swiftSettings: numeric),
        .testTarget(
            name: "LearningTests", dependencies: ["Tensors", "Learning", "TensorTesting"],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "TensorIOTests", dependencies: ["Tensors", "Learning", "TensorIO", "TensorTesting"],
            resources: [.copy("Golden")], swiftSettings: numeric),
        .testTarget(
            name: "SignalTests", dependencies: ["Tensors", "Signal", "TensorTesting"], resources: [.copy("Golden")],
            swiftSettings: numeric),
        .testTarget(
            name: "SequencesTests", dependencies: ["Tensors", "Learning", "TensorIO", "Sequences", "TensorTesting"],
            resources: [.copy("Golden")], swiftSettings: numeric),
    ],
    swiftLanguageModes: [.v6]
)
