// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Vision-PAD",
    products: [.library(name: "VisionPAD", targets: ["VisionPAD"])],
    targets: [.target(name: "VisionPAD")],
    swiftLanguageModes: [.v6]
)
