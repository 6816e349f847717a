// swift-tools-version: 6.2
// A project of its own that uses one line of this repository and nothing else of it.
import PackageDescription

let package = Package(
    name: "TranslateNumbers",
    dependencies: [.package(path: "../../Packages/SpeechTranslation")],
    targets: [
        .executableTarget(
            name: "TranslateNumbers",
            dependencies: [.product(name: "SpeechTranslation", package: "SpeechTranslation")])
    ],
    swiftLanguageModes: [.v6]
)
