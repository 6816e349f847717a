// swift-tools-version: 6.2
// A project of its own that uses one line of this repository and nothing else of it.
import PackageDescription

let package = Package(
    name: "FitOnePicture",
    dependencies: [.package(path: "../../Packages/INR"), .package(path: "../../Packages/TensorCore")],
    targets: [
        .executableTarget(
            name: "FitOnePicture",
            dependencies: [.product(name: "INR", package: "INR"), .product(name: "Tensors", package: "TensorCore")])
    ],
    swiftLanguageModes: [.v6]
)
