// What a benchmark measures: the definition of a number, apart from any value it takes.

/// The rules by which two values of a metric are compared.
public enum MetricClass: String, Codable, Sendable {
    /// Equal bit for bit or changed: digests, counts of parameters, FLOPs, bytes.
    case exact
    /// Per-item scores that two commits pair item by item: PSNR, SSIM, F1.
    case quality
    /// Seconds and resident memory: never expected to be equal.
    case cost
}

/// Which way a metric improves.
public enum Direction: Int, Codable, Sendable {
    case lowerIsBetter = -1
    case none = 0
    case higherIsBetter = 1
}

/// The definition of one number that a case reports.
public struct Metric: Codable, Sendable, Equatable {
    /// The name inside its case, for example `psnr`.
    public var name: String
    /// The rules that judge it.
    public var metricClass: MetricClass
    /// The unit as printed: `dB`, `s`, `MiB`, or empty for a pure number.
    public var unit: String
    /// Which way it improves.
    public var direction: Direction
    /// Decimals in reports.
    public var decimals: Int
    /// How the value comes from the items.
    public var finaliser: Finaliser
    /// The smallest effect of interest, in the metric's unit (a ratio for costs).
    public var smallestEffect: Double
    /// Everything that, when changed, makes values incomparable.
    public var signature: Signature
    /// What a paper says of the same method and quantity.
    public var published: Published?

    /// A metric definition; the signature's name is the metric's name, its options are every field of `configuration`, the
    /// settings that the computation reads.
    public init(
        _ name: String, _ metricClass: MetricClass, unit: String = "", direction: Direction = .none, decimals: Int = 3,
        finaliser: Finaliser = .given, smallestEffect: Double = 0, version: Int = 1,
        configuration: some Encodable = [String: String]()
    ) {
        self.init(
            Signature(name: name, version: version, options: JSONValue(of: configuration).flattened()), metricClass,
            unit: unit, direction: direction, decimals: decimals, finaliser: finaliser, smallestEffect: smallestEffect)
    }

    /// The definition that a signature stands for; its name is the metric's name.
    public init(
        _ signature: Signature, _ metricClass: MetricClass, unit: String, direction: Direction, decimals: Int,
        finaliser: Finaliser, smallestEffect: Double
    ) {
        name = signature.name
        self.metricClass = metricClass
        self.unit = unit
        self.direction = direction
        self.decimals = decimals
        self.finaliser = finaliser
        self.smallestEffect = smallestEffect
        self.signature = signature
    }
}

/// The identity of a metric's computation: `name|v:1|key:value|…`, keys in byte order.
///
/// Two values with different signatures are never subtracted. Source: harness specification, section 4.
public struct Signature: Codable, Sendable, Equatable, CustomStringConvertible {
    /// The metric's name.
    public var name: String
    /// Raised whenever the computation's result can change.
    public var version: Int
    /// The settings the value depends on.
    public var options: [String: String]

    /// A signature from its parts.
    public init(name: String, version: Int, options: [String: String]) {
        self.name = name
        self.version = version
        self.options = options
    }

    /// The canonical text; `|`, `:` and `%` inside values are percent-escaped.
    public var description: String {
        let pairs = options.map { (key: escaped($0.key), value: escaped($0.value)) }
        let sorted = pairs.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
        return (["\(escaped(name))|v:\(version)"] + sorted.map { "\($0.key):\($0.value)" }).joined(separator: "|")
    }

    private func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "%": result += "%25"
            case "|": result += "%7C"
            case ":": result += "%3A"
            default: result.append(character)
            }
        }
    }
}
