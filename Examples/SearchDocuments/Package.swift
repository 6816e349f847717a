// swift-tools-version: 6.2
// A project of its own that uses one line of this repository and nothing else of it.
import PackageDescription

let package = Package(
    name: "SearchDocuments",
    dependencies: [.package(path: "../../Packages/Dialogue")],
    targets: [
        .executableTarget(
            name: "SearchDocuments",
            dependencies: [.product(name: "Dialogue", package: "Dialogue")])
    ],
    swiftLanguageModes: [.v6]
)
