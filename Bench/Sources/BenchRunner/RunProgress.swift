// How far a run is, in one line. Shares are of expected time, not of the number of cases.

internal import CSystem
internal import Foundation
internal import Glibc

/// Where a run stands; a value, so that its line can be tested.
struct RunProgress {
    /// Wall seconds that each case should take, in plan order.
    var expectedSeconds: [Double]
    /// The index of the current case; all before it have ended.
    var index = 0
    /// The current case.
    var caseID = ""
    /// What the case reported last, `0...1`; 0 before its first report.
    var fraction = 0.0
    /// Seconds since the current case began.
    var caseSeconds = 0.0
    /// Seconds since the run began.
    var elapsedSeconds = 0.0
    /// Cases that failed so far.
    var failureCount = 0

    /// The finished share of the expected time, `0...1`.
    var share: Double {
        let total = expectedSeconds.reduce(0, +)
        guard total > 0, index < expectedSeconds.count else { return index < expectedSeconds.count ? 0 : 1 }
        let current = expectedSeconds[index]
        // A case that reports nothing moves with the clock, and stops short of the end that it has not reached.
        let done = fraction > 0 ? fraction : min(caseSeconds / max(current, 0.001), 0.99)
        return (expectedSeconds[..<index].reduce(0, +) + current * done) / total
    }

    /// Seconds until the end, by the case's own report once it is far enough to be believed.
    var secondsLeft: Double {
        guard index < expectedSeconds.count else { return 0 }
        let current =
            fraction > 0.05 ? caseSeconds / fraction * (1 - fraction) : max(expectedSeconds[index] - caseSeconds, 0)
        return current + expectedSeconds[(index + 1)...].reduce(0, +)
    }

    /// `[ 3/12]  41%  inr.img32…  0:42 elapsed  3:10 left  1 failed`, at most `width` columns if that leaves the id
    /// ten.
    func line(width: Int) -> String {
        let count = "\(expectedSeconds.count)"
        let number = padded("\(min(index + 1, expectedSeconds.count))", count.count)
        let head = "[\(number)/\(count)] \(padded("\(Int(share * 100))", 3))%  "
        let tail =
            "  \(clock(elapsedSeconds)) elapsed  \(clock(secondsLeft)) left"
            + (failureCount > 0 ? "  \(failureCount) failed" : "")
        return head + shortened(caseID, max(width - head.count - tail.count, 10)) + tail
    }
}

/// Minutes and seconds, with hours from one hour on.
func clock(_ seconds: Double) -> String {
    let whole = Int(max(seconds, 0).rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
    return hours > 0 ? "\(hours):\(two(minutes)):\(two(rest))" : "\(minutes):\(two(rest))"
}

/// The text with its middle left out where it is longer than `width`.
func shortened(_ text: String, _ width: Int) -> String {
    guard text.count > width else { return text }
    return text.prefix(width / 2) + "…" + text.suffix(width - width / 2 - 1)
}

private func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
}

/// Shows a run's progress on standard error: one redrawn line on a terminal, else one line a case.
struct ProgressDisplay {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let width: Int
    private var lastDrawn = -Double.infinity

    /// A display of at most `width` columns, and of no more than the terminal has: a wrapped line cannot be redrawn.
    init(width: Int) {
        let columns = Int(system_terminal_columns(STDERR_FILENO))
        self.width = columns > 0 ? min(width, columns - 1) : width
    }

    /// Redraws the progress of a run.
    mutating func show(_ progress: RunProgress) { redraw(progress.line(width: width)) }

    /// Puts a line in the place of the last one, at most five times a second.
    mutating func redraw(_ line: String) {
        guard isTerminal, monotonicSeconds() - lastDrawn > 0.2 else { return }
        lastDrawn = monotonicSeconds()
        write("\r\(shortened(line, width))\u{1B}[K")
    }

    /// A case ended: its line stays where there is no terminal.
    func end(_ progress: RunProgress) {
        if !isTerminal { write(progress.line(width: width) + "\n") }
    }

    /// A sentence that stays.
    func say(_ sentence: String) {
        clear()
        write(sentence + "\n")
    }

    /// Takes the redrawn line away.
    func clear() { if isTerminal { write("\r\u{1B}[K") } }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
