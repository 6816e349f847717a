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
let core: [Target.Dependency] = ["Tensors", "Learning", "TensorIO", "Signal", "Measurements"].map {
    .product(name: $0, package: "TensorCore")
}

let package = Package(
    name: "Vision-PAD",
    products: [.library(name: "VisionPAD", targets: ["VisionPAD"])],
    dependencies: [.package(path: "../TensorCore")],
    targets: [
        .target(name: "VisionPAD", dependencies: core, swiftSettings: strict + [.unsafeFlags(["-O"])]),
        .testTarget(
            name: "VisionPADTests",
            dependencies: ["VisionPAD", .product(name: "TensorTesting", package: "TensorCore")] + core,
            resources: [.copy("Golden")], swiftSettings: strict + [.unsafeFlags(["-O"])]),
    ],
    swiftLanguageModes: [.v6]
)
