// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "SpeechTranslation",
    products: [.library(name: "SpeechTranslation", targets: ["SpeechTranslation"])],
    targets: [.target(name: "SpeechTranslation")],
    swiftLanguageModes: [.v6]
)
