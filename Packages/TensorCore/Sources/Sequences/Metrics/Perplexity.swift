// Perplexity of a corpus, also across tokenisers.

internal import Glibc

/// The likelihood of target texts, by token, by word and by byte.
///
/// Values of models with different tokenisers compare by word or byte only. Each adds up over texts first: the mean of
/// perplexities is none. The end token's nats are in, and it counts as a token but not as a word or byte.
/// Source: dialogue specification, section 7.
public struct Perplexity: Equatable, Sendable {
    /// Minus the log-likelihood of the texts, in nats.
    public var nats = 0.0
    /// Target tokens with the end tokens.
    public var tokenCount = 0
    /// Words of the raw texts, between white space.
    public var wordCount = 0
    /// Bytes of the raw texts in UTF-8.
    public var byteCount = 0

    /// No text yet.
    public init() {}

    /// Adds a text that got `nats` nats of loss over `tokenCount` tokens.
    public mutating func add(nats: Double, tokenCount: Int, text: String) {
        self.nats += nats
        self.tokenCount += tokenCount
        wordCount += words(of: text.unicodeScalars).count
        byteCount += text.utf8.count
    }

    /// Adds what another one counts.
    public mutating func add(_ other: Perplexity) {
        nats += other.nats
        tokenCount += other.tokenCount
        wordCount += other.wordCount
        byteCount += other.byteCount
    }

    /// exp(nats/token); not a number without tokens.
    public var perToken: Double { exp(nats / Double(tokenCount)) }
    /// exp(nats/word); not a number without words.
    public var perWord: Double { exp(nats / Double(wordCount)) }
    /// Bits per byte; not a number without bytes.
    public var bitsPerByte: Double { nats / log(2) / Double(byteCount) }
}
