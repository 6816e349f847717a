// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Dialogue",
    products: [.library(name: "Dialogue", targets: ["Dialogue"])],
    targets: [.target(name: "Dialogue")],
    swiftLanguageModes: [.v6]
)
