// A report as lines of at most so many columns: sentences are wrapped, and a cell that is too long loses its middle.

internal import BenchJudge

extension Report {
    /// The report as text whose last line is the verdict.
    ///
    /// No line is longer than `width` columns, the verdict excepted, which scripts read whole.
    public func text(width: Int = 100) -> String {
        var blocks = [factLines(width)]
        blocks += tables.map { $0.lines(width) }
        return (blocks.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") } + [verdict.description])
            .joined(separator: "\n\n") + "\n"
    }

    /// Facts one after the other, three spaces apart; a line ends before the fact that would not fit.
    private func factLines(_ width: Int) -> [String] {
        facts.reduce(into: []) { lines, fact in
            let text = shortened("\(fact.name) \(fact.value)", to: width)
            if let last = lines.last, last.count + 3 + text.count <= width {
                lines[lines.count - 1] = "\(last)   \(text)"
            } else {
                lines.append(text)
            }
        }
    }
}

extension Table {
    fileprivate func lines(_ width: Int) -> [String] {
        var lines = [shortened(title, to: width)]
        let blocks = columnBlocks(width)
        for columns in blocks { lines += self.lines(of: columns, width, withNotes: columns == blocks.last) }
        return lines + notes.map { shortened($0, to: width) }
    }

    private func lines(of shown: [Int], _ width: Int, withNotes: Bool) -> [String] {
        let widths = fittedWidths(shown, width)
        func line(_ text: (Int) -> String) -> String {
            let padded = zip(shown, widths).map { column, width in
                let text = shortened(text(column), to: width)
                let space = String(repeating: " ", count: width - text.count)
                return columns[column].alignment == .left ? text + space : space + text
            }
            return padded.joined(separator: "  ").trimmingTrailingSpaces()
        }
        var lines = [line { columns[$0].name }]
        if shown.contains(where: { !columns[$0].unit.isEmpty }) { lines.append(line { columns[$0].unit }) }
        for row in rows {
            lines.append(line { row.cells[$0].text })
            if withNotes && !row.note.isEmpty { lines += wrapped("(\(row.note))", indent: 4, to: width) }
        }
        return lines
    }

    /// The columns, in as many blocks as needed, each beginning with the first column, which names the row.
    private func columnBlocks(_ width: Int) -> [[Int]] {
        columns.indices.dropFirst().reduce(into: [[0]]) { blocks, column in
            let extended = blocks[blocks.count - 1] + [column]
            if extended.count == 2 || totalWidth(extended.map { leastWidth($0, width) }) <= width {
                blocks[blocks.count - 1] = extended
            } else {
                blocks.append([0, column])
            }
        }
    }

    /// Natural widths, less what does not fit, taken from the widest column that may still be shortened.
    private func fittedWidths(_ shown: [Int], _ width: Int) -> [Int] {
        var widths = shown.map(naturalWidth)
        while totalWidth(widths) > width {
            let shrinkable = widths.indices.filter { widths[$0] > leastWidth(shown[$0], width) }
            guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func naturalWidth(_ column: Int) -> Int {
        rows.reduce(max(columns[column].name.count, columns[column].unit.count)) {
            max($0, $1.cells[column].text.count)
        }
    }

    /// Words lose their middle down to 16 characters, numbers only beyond half a line: the first column and any other fit.
    private func leastWidth(_ column: Int, _ width: Int) -> Int {
        min(naturalWidth(column), columns[column].alignment == .left ? min(16, width / 3) : width / 2)
    }

    private func totalWidth(_ widths: [Int]) -> Int { widths.reduce(0, +) + 2 * (widths.count - 1) }
}

/// The text on one line, or its two ends around an ellipsis when it is longer than `width`.
func shortened(_ text: String, to width: Int) -> String {
    let line = String(text.map { $0.isWhitespace ? " " : $0 })
    if line.count <= width { return line }
    let head = width / 2
    return line.prefix(head) + "…" + line.suffix(max(0, width - head - 1))
}

/// The text's words on indented lines of at most `width` columns; a longer word loses its middle.
private func wrapped(_ text: String, indent: Int, to width: Int) -> [String] {
    let room = width - indent
    let lines = text.split(whereSeparator: \.isWhitespace).reduce(into: [""]) { lines, word in
        let word = shortened(String(word), to: room)
        let last = lines[lines.count - 1]
        if last.isEmpty {
            lines[lines.count - 1] = word
        } else if last.count + 1 + word.count <= room {
            lines[lines.count - 1] = last + " " + word
        } else {
            lines.append(word)
        }
    }
    return lines.map { String(repeating: " ", count: indent) + $0 }
}

extension String {
    fileprivate func trimmingTrailingSpaces() -> String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
