// The trade-off figure of the specification's section 2.7 as SVG: what is left of text against what is learned of speech.

/// A method's line in the figure.
public struct TradeoffCurve: Sendable {
    /// What the legend says.
    public let name: String
    /// Its measurements from step 0 on.
    public let curve: LearningCurve

    /// A named curve.
    public init(_ name: String, _ curve: LearningCurve) { (self.name, self.curve) = (name, curve) }
}

/// One line a method: the share of the text set's BLEU at step 0 that is left, in percent, against the speech set's BLEU.
///
/// Up and right is better; a ring marks each measurement and a disc the last. Points that are not finite, as where there was
/// no text to forget, are left out, and a method without any has only its name in the legend.
///
/// - Parameters:
///   - methods: In the order of the legend.
///   - text: The text set of the horizontal axis.
///   - speech: The speech set of the vertical axis.
///   - title: Above the figure.
/// - Returns: A whole SVG document.
public func tradeoffFigure(
    _ methods: [TradeoffCurve], text: TestSet = .textIn, speech: TestSet = .speechIn, title: String
) -> String {
    let plot = (left: 60.0, top: 40.0, width: 420.0, height: 380.0)
    let lines = methods.map { method in
        method.curve.rows.map { row in
            (
                x: 100 * method.curve.value(row, text) / method.curve.value(method.curve.rows.first, text),
                y: method.curve.value(row, speech)
            )
        }.filter { $0.x.isFinite && $0.y.isFinite }
    }
    let shares = lines.joined().map(\.x)
    // Whole tens around all points, at least one.
    let low = min(90, 10 * ((shares.min() ?? 0) / 10).rounded(.down))
    let high = max(100, 10 * ((shares.max() ?? 0) / 10).rounded(.up))
    func place(_ point: (x: Double, y: Double)) -> (x: String, y: String) {
        (
            decimal(plot.left + plot.width * (point.x - low) / (high - low)),
            decimal(plot.top + plot.height * (1 - point.y / 100))
        )
    }
    var elements = [
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480" font-family="sans-serif" font-size="12">
        <rect width="640" height="480" fill="white"/>
        <text x="\(decimal(plot.left))" y="24" font-size="14">\(escaped(title))</text>
        """
    ]
    for tick in stride(from: low, through: high, by: (high - low) / 5) {
        let foot = place((tick, 0)), head = place((tick, 100))
        elements.append(grid(from: head, to: foot))
        elements.append(#"<text x="\#(foot.x)" y="438" text-anchor="middle">\#(decimal(tick))</text>"#)
    }
    for tick in stride(from: 0.0, through: 100, by: 20) {
        let start = place((low, tick))
        elements.append(grid(from: start, to: place((high, tick))))
        elements.append(
            #"<text x="52" y="\#(start.y)" dy="4" text-anchor="end">\#(decimal(tick))</text>"#)
    }
    elements.append(
        """
        <text x="270" y="464" text-anchor="middle">\(text.rawValue): BLEU left of step 0, %</text>
        <text transform="translate(18 230) rotate(-90)" text-anchor="middle">\(speech.rawValue): BLEU</text>
        """)
    for (index, (method, points)) in zip(methods, lines).enumerated() {
        let colour = palette[index % palette.count]
        let dash = index < palette.count ? "" : #" stroke-dasharray="5 3""#
        let places = points.map(place)
        let joined = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
        elements.append(
            #"<g stroke="\#(colour)" fill="none" stroke-width="1.5"><polyline points="\#(joined)"\#(dash)/>"#)
        for (position, point) in places.enumerated() {
            let isLast = position == places.count - 1
            elements.append(
                #"<circle cx="\#(point.x)" cy="\#(point.y)" r="\#(isLast ? 5 : 2)" "#
                    + #"fill="\#(isLast ? colour : "white")"/>"#)
        }
        let y = decimal(plot.top + 10 + 20 * Double(index))
        elements.append(
            #"<path d="M495 \#(y)h24"\#(dash)/></g><text x="525" y="\#(y)" dy="4">\#(escaped(method.name))</text>"#)
    }
    return elements.joined(separator: "\n") + "\n</svg>\n"
}

/// Okabe and Ito's colours, told apart by colour-blind readers; further lines repeat them dashed.
private let palette = ["#000000", "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7"]

private func grid(from start: (x: String, y: String), to end: (x: String, y: String)) -> String {
    #"<path d="M\#(start.x) \#(start.y)L\#(end.x) \#(end.y)" stroke="gainsboro"/>"#
}

/// With one decimal, none if it is 0.
private func decimal(_ x: Double) -> String {
    let tenths = (x * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)"
}

private func escaped(_ text: String) -> String {
    text.map { character in
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        default: String(character)
        }
    }.joined()
}
