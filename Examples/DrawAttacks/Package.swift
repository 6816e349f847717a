// swift-tools-version: 6.2
// A project of its own that uses one line of this repository and nothing else of it.
import PackageDescription

let package = Package(
    name: "DrawAttacks",
    dependencies: [.package(path: "../../Packages/Vision-PAD"), .package(path: "../../Packages/TensorCore")],
    targets: [
        .executableTarget(
            name: "DrawAttacks",
            dependencies: [
                .product(name: "VisionPAD", package: "Vision-PAD"), .product(name: "TensorIO", package: "TensorCore"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
