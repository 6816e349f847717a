// bench try: the lines' models on one's own files, one file a line.

internal import ArgumentParser

struct TryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "try", abstract: "Uses a line's models on your own files.",
        subcommands: [TryVisionPAD.self, TryDialogue.self, TrySpeechTranslation.self])
}
