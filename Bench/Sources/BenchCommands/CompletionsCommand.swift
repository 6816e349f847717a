// bench completions: what a shell or man needs to know of the command line, made from the commands themselves.

internal import ArgumentParser
internal import Measurements

extension CompletionKind {
    /// The ids that the installed program lists.
    static var caseIDs: CompletionKind {
        .shellCommand("bench list --format csv --width 100 2>/dev/null | sed -n 's/^cases,\\([^,]*\\),tier,.*/\\1/p'")
    }
}

struct CompletionsCommand<Trials: ParsableCommand>: Verb {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "completions", abstract: "Prints a shell's completion script, or the manual page.",
            discussion: """
                bench completions bash > ~/.local/share/bash-completion/completions/bench
                bench completions zsh > ~/.zfunc/_bench
                bench completions fish > ~/.config/fish/completions/bench.fish
                bench completions man > ~/.local/share/man/man1/bench.1

                Case ids are completed, too, once a program called bench is on the PATH. The
                output is a file, so that it has no last line with a verdict.
                """)
    }

    enum Form: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish, man }

    @Argument(help: "bash, zsh, fish or man.") var form: Form

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        switch form {
        case .bash: print(Bench<Trials>.completionScript(for: .bash))
        case .zsh: print(Bench<Trials>.completionScript(for: .zsh))
        case .fish: print(Bench<Trials>.completionScript(for: .fish))
        case .man: print(manual())
        }
        return 0
    }

    /// The help texts as a page for man(1): one section for the program, one for each verb.
    private func manual() -> String {
        let configuration = Bench<Trials>.configuration
        let verbs = configuration.subcommands.filter { $0.configuration.shouldDisplay }
        let sections =
            [("description", Bench<Trials>.helpMessage(columns: columns))]
            + verbs.map { ($0.configuration.commandName ?? "", Bench<Trials>.helpMessage(for: $0, columns: columns)) }
        return ".TH BENCH 1\n.SH NAME\nbench \\- \(configuration.abstract)"
            + sections.map { "\n.SH \($0.0.uppercased())\n.nf\n\(roff($0.1))\n.fi" }.joined()
    }

    private var columns: Int { 78 }

    /// The text as roff prints it unchanged: no escapes, and no line that looks like a request.
    private func roff(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                let escaped = line.replacing("\\", with: "\\e").replacing("-", with: "\\-")
                return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
            }.joined(separator: "\n")
    }
}
