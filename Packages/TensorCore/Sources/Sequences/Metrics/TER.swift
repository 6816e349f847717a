// Translation edit rate over a corpus, with shifts.

internal import Tensors

/// Edits that turn the hypothesis into the reference, per hundred reference words; a moved run of words is one edit.
///
/// Words are in lower case, punctuation stays attached. Which shifts are tried, and in which order equals win, follows
/// Tercom as sacreBLEU 2.6 has it, because the search is greedy and the score depends on it. Source: Snover et al. 2006.
public struct TER: CorpusMetric, Equatable {
    /// Tercom's defaults.
    public init() {}

    /// The edits against the reference that needs fewest, and the references' mean length.
    ///
    /// - Precondition: There is a reference (`shapeCheck`).
    public func statistics(of hypothesis: String, against references: [String]) -> [Double] {
        shapeCheck(!references.isEmpty, "TER", [references.count])
        let numbered = numbered([hypothesis] + references)
        let edits = numbered.dropFirst().map { ShiftedEdits(reference: $0).count(for: numbered[0]) }
        let lengths = numbered.dropFirst().reduce(0) { $0 + $1.count }
        return [Double(edits.min() ?? 0), Double(lengths) / Double(references.count)]
    }

    /// TER of summed statistics; against nothing but empty references 100, or 0 if the hypotheses are empty too.
    public func score(of statistics: [Double]) -> Double {
        if statistics[1] > 0 { return 100 * statistics[0] / statistics[1] }
        return statistics[0] > 0 ? 100 : 0
    }

    /// For example `nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:swift-1`.
    public func signature(referenceCount: Int) -> String {
        "nrefs:\(referenceCount)|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:\(textMetricsVersion)"
    }

    /// The texts' words as numbers, equal for equal words.
    private func numbered(_ texts: [String]) -> [[Int]] {
        var numbers: [Scalars: Int] = [:]
        return texts.map { text in
            words(of: lowercased(text)).map { word in
                if let number = numbers[word] { return number }
                numbers[word] = numbers.count
                return numbers.count - 1
            }
        }
    }
}

/// The greedy search for shifts against one reference.
private struct ShiftedEdits {
    let reference: [Int]

    // Tercom's limits, and the last one sacreBLEU's.
    private static let longestShift = 10
    private static let farthestShift = 50
    private static let beamWidth = 25
    private static let candidateLimit = 1000

    /// Shifts and edits that turn the hypothesis into the reference.
    func count(for hypothesis: [Int]) -> Int {
        if reference.isEmpty { return hypothesis.count }
        var words = hypothesis, shifts = 0, tried = 0
        while true {
            let alignment = alignment(of: words)
            let best = bestShift(of: words, alignment, tried: &tried)
            guard let best, best.gain > 0, tried < Self.candidateLimit else { return shifts + alignment.distance }
            words = best.words
            shifts += 1
        }
    }

    private struct Shift {
        /// Edits saved.
        var gain: Int
        var length: Int, start: Int, target: Int
        var words: [Int]

        /// More edits saved first, then the longer run, then the earlier start, then the earlier target.
        func isBetter(than other: Shift) -> Bool {
            (gain, length, -start, -target) > (other.gain, other.length, -other.start, -other.target)
        }
    }

    private func bestShift(of words: [Int], _ alignment: Alignment, tried: inout Int) -> Shift? {
        var best: Shift?
        for (start, position, length) in commonRuns(words) {
            let aligned = alignment.positions[position]
            // The run must be wrong where it is, its place in the reference unmet, and the two not overlap.
            guard alignment.isWrong[start..<start + length].contains(true),
                alignment.isUnmet[position..<position + length].contains(true),
                !(start..<start + length).contains(aligned)
            else { continue }
            var previous = -1
            for offset in -1..<length {
                let place = position + offset
                let target = place == -1 ? 0 : alignment.positions[place] + 1
                if target == previous { continue }
                previous = target
                let shifted = moved(words, from: start, length, to: target)
                let gain = alignment.distance - self.alignment(of: shifted).distance
                let shift = Shift(gain: gain, length: length, start: start, target: target, words: shifted)
                tried += 1
                if best.map(shift.isBetter) ?? true { best = shift }
            }
            if tried >= Self.candidateLimit { break }
        }
        return best
    }

    /// Runs of words that occur in both: start in the hypothesis, start in the reference, length; every length counts.
    private func commonRuns(_ words: [Int]) -> [(start: Int, position: Int, length: Int)] {
        words.indices.flatMap { start in
            reference.indices.filter { abs($0 - start) <= Self.farthestShift }.flatMap { position in
                let longest = zip(words[start...], reference[position...]).prefix(Self.longestShift).prefix(while: ==)
                    .count
                return (0..<longest).map { (start, position, $0 + 1) }
            }
        }
    }

    private func moved(_ words: [Int], from start: Int, _ length: Int, to target: Int) -> [Int] {
        var rest = words
        let run = words[start..<start + length]
        rest.removeSubrange(start..<start + length)
        // A target inside the run moves it to the right by as many words as it lies inside, as in sacreBLEU.
        let place = target < start ? target : target > start + length ? target - length : min(target, rest.count)
        rest.insert(contentsOf: run, at: place)
        return rest
    }

    private struct Alignment {
        var distance: Int
        /// Per reference word the last hypothesis word at or before it, -1 before the first.
        var positions: [Int] = []
        /// Per hypothesis word, whether it is edited.
        var isWrong: [Bool] = []
        /// Per reference word, whether it is not matched.
        var isUnmet: [Bool] = []
    }

    private enum Edit { case keep, substitute, delete, insert }

    /// The edit distance in a beam around the diagonal, preferring to keep or substitute, then to delete.
    private func alignment(of words: [Int]) -> Alignment {
        let (rows, columns) = (words.count, reference.count)
        let ratio = rows == 0 ? 1 : Double(columns) / Double(rows)
        // So wide that the beams of neighbouring rows overlap, however much the lengths differ.
        let width =
            Double(Self.beamWidth) < ratio / 2 ? Int((ratio / 2 + Double(Self.beamWidth)).rounded(.up)) : Self.beamWidth
        let unreached = Int.max / 2
        var above = Array(0...columns), cost = above
        var edits = [Edit](repeating: .insert, count: (rows + 1) * (columns + 1))
        for row in stride(from: 1, through: rows, by: 1) {
            swap(&above, &cost)
            for column in cost.indices { cost[column] = unreached }
            let diagonal = Int((Double(row) * ratio).rounded(.down))
            let end = row == rows ? columns + 1 : min(columns + 1, diagonal + width)
            for column in max(0, diagonal - width)..<end {
                var best = unreached, edit = Edit.insert
                if column > 0 {
                    let isEqual = words[row - 1] == reference[column - 1]
                    let price = above[column - 1] + (isEqual ? 0 : 1)
                    if price < best { (best, edit) = (price, isEqual ? .keep : .substitute) }
                }
                if above[column] + 1 < best { (best, edit) = (above[column] + 1, .delete) }
                if column > 0, cost[column - 1] + 1 < best { (best, edit) = (cost[column - 1] + 1, .insert) }
                cost[column] = best
                edits[row * (columns + 1) + column] = edit
            }
        }
        return traced(edits, rows, Alignment(distance: cost[columns]))
    }

    private func traced(_ edits: [Edit], _ rows: Int, _ start: Alignment) -> Alignment {
        var result = start, row = rows, column = reference.count
        result.isWrong = Array(repeating: false, count: row)
        result.isUnmet = Array(repeating: false, count: column)
        result.positions = Array(repeating: -1, count: column)
        while row > 0 || column > 0 {
            let edit = edits[row * (reference.count + 1) + column]
            if edit != .insert {
                row -= 1
                result.isWrong[row] = edit != .keep
            }
            if edit != .delete {
                column -= 1
                result.isUnmet[column] = edit != .keep
                result.positions[column] = edit == .insert ? row - 1 : row
            }
        }
        return result
    }
}
