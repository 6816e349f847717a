// bench triage

internal import ArgumentParser
internal import BenchReport
internal import BenchStore
internal import Foundation
internal import Measurements

struct TriageCommand: Verb {
    static let configuration = CommandConfiguration(
        commandName: "triage", abstract: "Writes down a week: changes, alarms, failures, notes, lessons.",
        discussion: """
            bench triage                         this week
            bench triage --week 2026-W07         another (weeks begin on Monday, UTC)
            bench triage --out week.md           as Markdown, into a file
            """)

    @Option(help: "The week, YYYY-Www. (default: the current one)", transform: Week.init) var week: Week?
    @Option(help: "A file for the Markdown.") var out: String?
    @OptionGroup var store: StoreOptions
    @OptionGroup var output: OutputOptions

    mutating func run(_ all: [any BenchCase]) throws -> Int32 {
        let store = try store.opened()
        let week = try week ?? Week(containing: now())
        let nights = try store.nights(in: week.time)
        let changes = try nights.compactMap { night in
            try store.run(before: night).map { NightChange(a: $0, b: night) }
        }
        let rows = try store.week(week.time)
        var report = Report.triage(
            week: week.name, time: week.time, nights: nights, changes: changes, notes: try store.notes(),
            tables: WeekTables(
                tables: [
                    ("accepted changes", rows.accepted), ("failing cases", rows.failing), ("flaky metrics", rows.flaky),
                    ("floors older than 30 days", rows.staleFloors), ("slowest cases", rows.slowest),
                ], ledgerBytes: rows.ledgerBytes))
        if let out {
            try writeReport(report.markdown(), to: out)
            report.tables = []
        }
        return try output.show(report)
    }
}

/// A week of the ISO calendar, in UTC.
struct Week {
    /// `2026-W07`.
    var name: String
    /// Microseconds since 1970.
    var time: Range<Int64>

    init(_ name: String) throws {
        let parts = name.split(separator: "-W").compactMap { Int($0) }
        guard name.wholeMatch(of: /\d{4}-W\d{2}/) != nil, parts.count == 2, let start = Self.start(parts[0], parts[1])
        else { throw ValidationError("--week \(name): give a week of the calendar, such as 2026-W07.") }
        self.init(name: name, start: start)
    }

    init(containing microseconds: Int64) throws {
        let date = Date(timeIntervalSince1970: Double(microseconds) / 1e6)
        let parts = Self.calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
        try self.init(String(format: "%04d-W%02d", parts.yearForWeekOfYear ?? 0, parts.weekOfYear ?? 0))
    }

    private init(name: String, start: Date) {
        let first = Int64(start.timeIntervalSince1970) * 1_000_000
        (self.name, time) = (name, first..<(first + 7 * 24 * 3600 * 1_000_000))
    }

    /// Its Monday; `nil` for a week that the year does not have.
    private static func start(_ year: Int, _ week: Int) -> Date? {
        let parts = DateComponents(weekday: 2, weekOfYear: week, yearForWeekOfYear: year)
        guard let date = calendar.date(from: parts) else { return nil }
        let back = calendar.dateComponents([.yearForWeekOfYear, .weekOfYear], from: date)
        return back.yearForWeekOfYear == year && back.weekOfYear == week ? date : nil
    }

    private static var calendar: Calendar {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        return calendar
    }
}
