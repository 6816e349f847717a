// Numbers and times as people read them: the same text on every machine, in every locale and time zone.

internal import Foundation

/// Decimals as given; a zero has no sign.
func fixed(_ x: Double, _ decimals: Int) -> String {
    let text = String(format: "%.*f", decimals, x)
    return text.hasPrefix("-") && !text.contains { "123456789in".contains($0) } ? String(text.dropFirst()) : text
}

/// The same with a plus where it is positive.
func signed(_ x: Double, _ decimals: Int) -> String {
    let text = fixed(x, decimals)
    return x > 0 && text != fixed(0, decimals) ? "+" + text : text
}

/// `[-1.32, -0.31]`.
func signed(_ interval: ClosedRange<Double>, _ decimals: Int) -> String {
    "[\(signed(interval.lowerBound, decimals)), \(signed(interval.upperBound, decimals))]"
}

/// A p to four decimals.
func probability(_ p: Double) -> String {
    p < 0.0001 ? "<0.0001" : fixed(p, 4)
}

/// Every digit of a count, or the shortest text that gives the number back.
func exact(_ x: Double) -> String {
    Int64(exactly: x).map(String.init) ?? "\(x)"
}

/// Three digits, of what was itself estimated.
func short(_ x: Double) -> String { String(format: "%.3g", x) }

/// From 10 000 on three digits and a suffix (`664k`, `12.3G`), below every digit.
func compact(_ x: Double) -> String {
    guard abs(x) >= 10_000, abs(x) < 9.995e17 else { return exact(x) }
    var (scaled, power) = (x, 0)
    // 999.5 would print as 1000.
    while abs(scaled) >= 999.5 { (scaled, power) = (scaled / 1000, power + 1) }
    let decimals = abs(scaled) < 9.995 ? 2 : abs(scaled) < 99.95 ? 1 : 0
    return fixed(scaled, decimals) + ["", "k", "M", "G", "T", "P"][power]
}

/// `2026-02-11 02:14`, from microseconds since 1970, in UTC.
func utc(_ microseconds: Int64) -> String {
    let style = Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day().dateTimeSeparator(.space).time(
        includingFractionalSeconds: false)
    return String(Date(timeIntervalSince1970: Double(microseconds) / 1e6).formatted(style).prefix(16))
}
