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
let core: [Target.Dependency] = ["Tensors", "Learning", "TensorIO", "Measurements"].map {
    .product(name: $0, package: "TensorCore")
}

let package = Package(
    name: "INR",
    products: [.library(name: "INR", targets: ["INR"])],
    dependencies: [.package(path: "../TensorCore")],
    targets: [
        .target(name: "INR", dependencies: core, swiftSettings: strict + [.unsafeFlags(["-O"])]),
        .testTarget(
            name: "INRTests", dependencies: ["INR", .product(name: "TensorTesting", package: "TensorCore")] + core,
            resources: [.copy("Golden")], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
