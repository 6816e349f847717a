// A report for the programs around a test run: JUnit's XML, GitHub's annotations, and tables for a paper.

internal import BenchJudge

extension Report {
    /// JUnit XML: a suite a line, a test case a row that can end well or badly.
    ///
    /// `worse` is a failure, a case without its result an error, what cannot be decided skipped with the reason.
    public func junit() -> String {
        let outcomes = tables.flatMap(\.rows).compactMap(\.outcome)
        let suites = Dictionary(grouping: outcomes) { $0.subject.split(separator: ".").first.map(String.init) ?? "" }
        let body = suites.sorted { $0.key < $1.key }.map { name, cases in
            let tests = cases.sorted { $0.subject < $1.subject }.map(\.junit).joined(separator: "\n")
            return """
                <testsuite name="\(escaped(name))" \(counts(cases))>
                \(tests)
                </testsuite>
                """
        }
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="bench" \(counts(outcomes))>
            \(body.joined(separator: "\n"))
            </testsuites>

            """
    }

    private func counts(_ outcomes: [Outcome]) -> String {
        func count(_ kind: Outcome.Kind) -> Int { outcomes.count { $0.kind == kind } }
        return #"tests="\#(outcomes.count)" failures="\#(count(.failed))" errors="\#(count(.error))" "#
            + #"skipped="\#(count(.skipped))""#
    }

    /// Workflow commands of GitHub: an error for what is worse or broken, a notice for what is undecided, and the verdict.
    ///
    /// The platform shows ten of a kind; what is more is counted.
    public func github() -> String {
        let outcomes = tables.flatMap(\.rows).compactMap(\.outcome)
        let bad = outcomes.filter { $0.kind == .failed || $0.kind == .error }
        let undecided = outcomes.filter { $0.kind == .skipped && !$0.message.isEmpty }
        let shown = [("error", bad), ("notice", undecided)].flatMap { command, outcomes in
            outcomes.prefix(9).map { Self.annotation(command, $0.subject, $0.message) }
                + (outcomes.count > 9
                    ? [Self.annotation(command, "bench", "\(outcomes.count - 9) more; 'bench report' shows all")] : [])
        }
        return (shown + [verdict.description]).joined(separator: "\n") + "\n"
    }

    private static func annotation(_ command: String, _ title: String, _ message: String) -> String {
        func data(_ text: String) -> String {
            text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
        }
        let property = data(title).replacing(":", with: "%3A").replacing(",", with: "%2C")
        return "::\(command) title=\(property)::\(data(message))"
    }

    /// Every table as `tabular` with the rules of `booktabs`, its title as a comment above it.
    public func latex() -> String {
        let head =
            "% " + facts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + "\n% \\usepackage{booktabs}\n"
        let body = tables.map { table in
            let columns = table.columns.map { $0.alignment == .left ? "l" : "r" }.joined()
            let names = table.columns.map { inLaTeX($0.unit.isEmpty ? $0.name : "\($0.name) (\($0.unit))") }
            let rows = table.rows.map { $0.cells.map { inLaTeX($0.text) }.joined(separator: " & ") + " \\\\" }
            return """
                % \(table.title)
                \\begin{tabular}{\(columns)}
                \\toprule
                \(names.joined(separator: " & ")) \\\\
                \\midrule
                \(rows.joined(separator: "\n"))
                \\bottomrule
                \\end{tabular}

                """
        }
        return head + body.joined(separator: "\n")
    }
}

extension Outcome {
    fileprivate var junit: String {
        let head = #"<testcase classname="\#(escaped(caseFamily(subject)))" name="\#(escaped(subject))""#
        let text = escaped(message)
        switch kind {
        case .passed: return head + "/>"
        case .failed: return head + #"><failure message="\#(text)"/></testcase>"#
        case .error: return head + #"><error message="\#(text)"/></testcase>"#
        case .skipped: return head + #"><skipped message="\#(text)"/></testcase>"#
        }
    }
}

private func inLaTeX(_ text: String) -> String {
    text.reduce(into: "") { result, character in
        switch character {
        case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
        case "±": result += "$\\pm$"
        case "−": result += "$-$"
        case "~": result += "\\textasciitilde{}"
        case "^": result += "\\textasciicircum{}"
        case "\\": result += "\\textbackslash{}"
        case "<": result += "$<$"
        case ">": result += "$>$"
        case "…": result += "\\ldots{}"
        default: result.append(character)
        }
    }
}
