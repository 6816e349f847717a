// Lines in a plot, as SVG: history, learning curves, frontiers and error trade-offs are all drawn here.

/// What is drawn: lines over two axes.
struct Chart {
    /// A line with a name; `labels` are shown where a pointer rests on a point.
    struct Line {
        var name: String
        var points: [(x: Double, y: Double)]
        var labels: [String] = []
    }

    /// An axis: how values become places, and where it is marked.
    struct Axis {
        var title: String
        /// Values that are marked, ascending; the first and the last are the axis' ends.
        var marks: [Double]
        var decimals: Int
        /// Equal steps of what this returns are equal lengths.
        var scale: @Sendable (Double) -> Double = { $0 }

        /// 0 at the first mark, 1 at the last.
        func share(_ value: Double) -> Double {
            let (low, high) = (scale(marks[0]), scale(marks[marks.count - 1]))
            return (scale(value) - low) / (high - low)
        }
    }

    var title: String
    var x, y: Axis
    var lines: [Line]
    /// Where something changed: drawn upright across the plot.
    var changes: [(x: Double, label: String)] = []
    var width = 640.0, height = 320.0

    /// The chart over its title; points that are not finite are left out.
    func figure() -> String { element("figure", "", svg() + element("figcaption", "", escaped(title))) }

    private func svg() -> String {
        let legend = lines.count > 1 ? 18.0 * Double(lines.count) : 0
        let plot = (left: 64.0, top: 12.0, width: width - 80, height: height - 60)
        func place(_ point: (x: Double, y: Double)) -> (x: String, y: String) {
            (
                coordinate(plot.left + plot.width * min(max(x.share(point.x), 0), 1)),
                coordinate(plot.top + plot.height * (1 - min(max(y.share(point.y), 0), 1)))
            )
        }
        var parts: [String] = [element("title", "", escaped(title))]
        for mark in x.marks {
            let foot = place((mark, y.marks[0])), head = place((mark, y.marks[y.marks.count - 1]))
            parts.append(#"<path class="grid" d="M\#(head.x) \#(head.y)V\#(foot.y)"/>"#)
            parts.append(text(fixed(mark, x.decimals), at: foot.x, coordinate(plot.top + plot.height + 16), "middle"))
        }
        for mark in y.marks {
            let start = place((x.marks[0], mark)), end = place((x.marks[x.marks.count - 1], mark))
            parts.append(#"<path class="grid" d="M\#(start.x) \#(start.y)H\#(end.x)"/>"#)
            parts.append(text(fixed(mark, y.decimals), at: "58", start.y, "end", dy: 4))
        }
        let middle = coordinate(plot.left + plot.width / 2)
        parts.append(text(x.title, at: middle, coordinate(plot.top + plot.height + 36), "middle"))
        parts.append(
            element(
                "text",
                #"transform="translate(14 \#(coordinate(plot.top + plot.height / 2))) rotate(-90)" text-anchor="middle""#,
                escaped(y.title)))
        for change in changes {
            let head = place((change.x, y.marks[y.marks.count - 1])), foot = place((change.x, y.marks[0]))
            parts.append(
                element(
                    "path", #"class="change" d="M\#(head.x) \#(head.y)V\#(foot.y)""#,
                    element("title", "", escaped(change.label))))
        }
        for (index, line) in lines.enumerated() {
            let points = line.points.enumerated().filter { $0.element.x.isFinite && $0.element.y.isFinite }
            let places = points.map { place($0.element) }
            let joined = places.map { "\($0.x),\($0.y)" }.joined(separator: " ")
            var content = #"<polyline points="\#(joined)"/>"#
            for (point, place) in zip(points, places) {
                let label = line.labels.indices.contains(point.offset) ? line.labels[point.offset] : line.name
                content += mark(index, at: place, label)
            }
            if legend > 0 {
                let row = coordinate(height + 8 + 18 * Double(index))
                content += mark(index, at: ("72", row), line.name) + text(line.name, at: "84", row, "start", dy: 4)
            }
            parts.append(element("g", #"class="line c\#(index % 7)""#, content))
        }
        let attributes =
            #"role="img" aria-label="\#(escaped(title))" viewBox="0 0 \#(coordinate(width)) \#(coordinate(height + legend))""#
        return element("svg", attributes, parts.joined(separator: "\n"))
    }

    /// Lines differ by the shape of their marks too, for readers who cannot tell the colours apart.
    private func mark(_ index: Int, at place: (x: String, y: String), _ label: String) -> String {
        let shapes = [
            "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", "M-3 -3h6v6h-6z", "M0 -4l4 7h-8z", "M0 -4l4 4l-4 4l-4 -4z",
        ]
        return element(
            "path", #"transform="translate(\#(place.x) \#(place.y))" d="\#(shapes[index % shapes.count])""#,
            element("title", "", escaped(label)))
    }

    private func text(_ text: String, at x: String, _ y: String, _ anchor: String, dy: Int = 0) -> String {
        let shift = dy == 0 ? "" : #" dy="\#(dy)""#
        return element("text", #"x="\#(x)" y="\#(y)" text-anchor="\#(anchor)"\#(shift)"#, escaped(text))
    }
}

extension Chart.Axis {
    /// An axis of about five round marks around all values.
    init(_ title: String, around values: [Double]) {
        let finite = values.filter(\.isFinite)
        let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
        let room = high > low ? high - low : max(abs(high), 1) * 0.1
        // The step is 1, 2 or 5 times a power of ten, so that four to nine marks are needed.
        let power = floor10(room / 4)
        let step = [1, 2, 5, 10].map { $0 * power }.first { room / $0 <= 5 } ?? 10 * power
        let first = (low / step).rounded(.down), last = max((high / step).rounded(.up), first + 1)
        var decimals = 0
        while decimals < 6 && step * pow10(decimals) < 0.999 { decimals += 1 }
        self.init(
            title: title, marks: (0...Int(last - first)).map { (first + Double($0)) * step }, decimals: decimals)
    }
}

/// The largest power of ten not above `x`, which is positive.
private func floor10(_ x: Double) -> Double {
    var power = 1.0
    while power > x { power /= 10 }
    while power * 10 <= x { power *= 10 }
    return power
}

private func pow10(_ n: Int) -> Double { (0..<n).reduce(1) { result, _ in result * 10 } }
