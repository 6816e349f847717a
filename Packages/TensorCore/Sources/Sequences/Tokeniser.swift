// Text to the ids of pieces and back, through SentencePiece.
//
// This is the only file of the module that holds pointers. What a serialised model must be is in SerialisedTokeniser.swift.

internal import CSentencePiece

/// A vocabulary of pieces and the rule that cuts text into them.
///
/// Text is first normalised by SentencePiece's `nmt_nfkc`: compatibility characters are replaced, control characters
/// dropped, runs of white space become one space, none stays at the ends. Decoding gives back the normalised text, with
/// ` ⁇ ` for characters that no piece has; U+0000 is such a character.
/// Source: Kudo and Richardson 2018; options as fairseq sets them, speech-translation specification, section 5.
public struct Tokeniser: Sendable {
    /// How the vocabulary is found and text is cut.
    public enum Kind: String, Sendable, CaseIterable {
        /// The most probable cut under independent pieces (Kudo 2018).
        case unigram
        /// Pairs are merged in the order they were learned (Sennrich et al. 2016).
        case bpe
        /// Single characters.
        case character = "char"
    }

    /// What is trained.
    public struct Options: Equatable, Sendable {
        /// The rule.
        public var kind: Kind
        /// Pieces including the four specials and the symbols, at least 5.
        public var vocabularySize: Int
        /// Whether fewer pieces are accepted where the text does not hold so many.
        public var isVocabularySizeSoft: Bool
        /// The share of the text's characters that get a piece, in `0.98...1`; the others become unknown.
        public var characterCoverage: Double
        /// Strings that are always one piece, with the ids from 4 on in this order: `__generate-query__`.
        public var symbols: [String]

        /// fairseq's options for a vocabulary of this size.
        public init(
            kind: Kind = .unigram, vocabularySize: Int, isVocabularySizeSoft: Bool = false,
            characterCoverage: Double = 1, symbols: [String] = []
        ) {
            self.kind = kind
            self.vocabularySize = vocabularySize
            self.isVocabularySizeSoft = isVocabularySizeSoft
            self.characterCoverage = characterCoverage
            self.symbols = symbols
        }
    }

    /// The id of `<s>`, which starts a decoder's input.
    public static let beginning = 0
    /// The id of `<pad>`, which fills rows of a batch.
    public static let padding = 1
    /// The id of `</s>`, which ends a sentence.
    public static let end = 2
    /// The id of `<unk>`, decoded as ` ⁇ `.
    public static let unknown = 3

    /// The model as SentencePiece's tools read it (`*.model`).
    public let serialised: [UInt8]
    /// The pieces in the order of their ids; a space is written `▁` (U+2581).
    public let pieces: [String]
    private let model: Model

    /// The count of ids.
    public var vocabularySize: Int { pieces.count }

    /// Loads a serialised model.
    ///
    /// - Parameters:
    ///   - serialised: The bytes of a `*.model` file.
    ///   - name: Where they came from, for errors.
    /// - Throws: `TokeniserError` if the bytes are no model, or one whose specials are not `<s>` 0, `<pad>` 1, `</s>` 2
    ///   and `<unk>` 3.
    public init(serialised: [UInt8], named name: String) throws(TokeniserError) {
        try checkSerialisedTokeniser(serialised, named: name)
        model = try Model(serialised, named: name)
        pieces = try unsafe taken(csp_vocabulary(model.pointer), strings)
        guard model.specials == [Self.beginning, Self.padding, Self.end, Self.unknown] else {
            throw .otherSpecials(name: name, ids: model.specials)
        }
        self.serialised = serialised
    }

    /// Trains a vocabulary in one thread, so that equal input gives equal bytes.
    ///
    /// What SentencePiece would skip in silence is not skipped: a long sentence is kept, a reserved character refused.
    ///
    /// - Parameters:
    ///   - sentences: One sentence each; empty ones count for nothing.
    ///   - options: What is trained.
    /// - Throws: `TokeniserError` if a sentence holds U+0000 or U+2585, or the text and the options do not fit.
    public init(trainingOn sentences: [String], _ options: Options) throws(TokeniserError) {
        for (index, sentence) in sentences.enumerated() {
            // SentencePiece's mark for unknown characters, and what ends a string inside it.
            if let scalar = sentence.unicodeScalars.first(where: { $0 == "\u{2585}" || $0 == "\0" }) {
                throw .reservedCharacter(scalar.value, sentence: index)
            }
        }
        let longest = sentences.map(\.utf8.count).max() ?? 0
        // Comma-separated, each in quotes.
        let symbols = options.symbols.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        let settings = [
            "model_type": options.kind.rawValue,
            "vocab_size": String(options.vocabularySize),
            "hard_vocab_limit": String(!options.isVocabularySizeSoft),
            "character_coverage": String(options.characterCoverage),
            "bos_id": String(Self.beginning), "pad_id": String(Self.padding),
            "eos_id": String(Self.end), "unk_id": String(Self.unknown),
            "user_defined_symbols": symbols,
            "max_sentence_length": String(max(4192, longest + 1)),  // 4192 is the library's default
            "num_threads": "1",
        ]
        try self.init(serialised: trained(on: sentences, settings), named: "the trained tokeniser")
        for (index, symbol) in options.symbols.enumerated() where id(of: symbol) != Self.unknown + 1 + index {
            throw .unusableSymbol(symbol)
        }
    }

    /// The ids of a text, without specials; empty for a text of white space.
    public func encode(_ text: String) throws(TokeniserError) -> [Int] {
        let bytes = Array(text.utf8)
        return try unsafe taken(csp_ids(model.pointer, bytes, bytes.count)) {
            unsafe UnsafeBufferPointer(start: $0.ids, count: $0.id_count).map(Int.init)
        }
    }

    /// The pieces whose ids `encode` gives; an unknown one stands with its own letters.
    public func pieces(of text: String) throws(TokeniserError) -> [String] {
        let bytes = Array(text.utf8)
        return try unsafe taken(csp_pieces(model.pointer, bytes, bytes.count), strings)
    }

    /// The text of ids: `<s>`, `<pad>` and `</s>` give nothing, `<unk>` gives ` ⁇ `.
    ///
    /// - Throws: `TokeniserError.unknownID` if an id is not in `0..<vocabularySize`.
    public func decode(_ ids: [Int]) throws(TokeniserError) -> String {
        for id in ids { try check(id) }
        return try unsafe taken(csp_text(model.pointer, ids.map(Int32.init), ids.count)) {
            unsafe text($0, 0..<$0.byte_count)
        }
    }

    /// The id of a piece, compared byte for byte; nil if the vocabulary does not have it.
    public func id(of piece: String) -> Int? {
        let bytes = Array(piece.utf8)
        let id = Int(unsafe csp_id(model.pointer, bytes, bytes.count))
        // For a piece it does not have the library gives the unknown piece's.
        return pieces[id].utf8.elementsEqual(bytes) ? id : nil
    }

    /// The score of a piece: its log probability in nats for unigram, minus the rank of its merge for bpe.
    ///
    /// - Throws: `TokeniserError.unknownID` if the id is not in `0..<vocabularySize`.
    public func score(of id: Int) throws(TokeniserError) -> Float {
        try check(id)
        return unsafe csp_score(model.pointer, Int32(id))
    }

    private func check(_ id: Int) throws(TokeniserError) {
        guard pieces.indices.contains(id) else { throw .unknownID(id, vocabularySize: vocabularySize) }
    }
}

/// A loaded model, freed with this object; its functions may run at the same time, as nothing changes it.
@safe private final class Model: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ bytes: [UInt8], named name: String) throws(TokeniserError) {
        var loaded: OpaquePointer?
        try unsafe taken(csp_load(bytes, bytes.count, &loaded), or: { .damaged(name: name, what: $0) }) { _ in }
        guard let loaded = unsafe loaded else { throw .library("gives no model and no error") }
        unsafe pointer = loaded
    }

    deinit { unsafe csp_free(pointer) }

    /// The ids of the beginning, the padding, the end and the unknown piece; -1 where there is none.
    var specials: [Int] {
        var ids: [Int32] = [0, 0, 0, 0]
        unsafe csp_specials(pointer, &ids)
        return ids.map(Int.init)
    }
}

private func trained(on sentences: [String], _ settings: [String: String]) throws(TokeniserError) -> [UInt8] {
    let options = list(settings.flatMap { [$0.key, $0.value] })
    let text = list(sentences)
    return try unsafe taken(
        csp_train(options.bytes, options.ends, options.ends.count, text.bytes, text.ends, text.ends.count),
        or: { .cannotTrain(what: $0) }
    ) { unsafe Array(UnsafeBufferPointer(start: $0.bytes, count: $0.byte_count)) }
}

/// Strings one after another, and of each the index after its last byte.
private func list(_ strings: [String]) -> (bytes: [UInt8], ends: [Int]) {
    strings.reduce(into: (bytes: [], ends: [])) { list, string in
        list.bytes += string.utf8
        list.ends.append(list.bytes.count)
    }
}

/// What `body` makes of a result, which is then freed.
private func taken<Value>(
    _ result: UnsafeMutablePointer<csp_result>?, or failure: (String) -> TokeniserError = { .library($0) },
    _ body: (csp_result) -> Value
) throws(TokeniserError) -> Value {
    guard let result = unsafe result else { throw .library("memory ran out") }
    defer { unsafe csp_release(result) }
    if let error = unsafe result.pointee.error {
        // "source.cc(12) [condition] words", of which the words may be missing.
        let message = unsafe String(cString: error)
        let words = message.split(separator: "] ", maxSplits: 1).last.map(String.init)
        throw failure(words ?? message)
    }
    return unsafe body(result.pointee)
}

/// The strings of a list.
private func strings(_ result: csp_result) -> [String] {
    let ends = unsafe UnsafeBufferPointer(start: result.ends, count: result.end_count).map { Int($0) }
    return zip([0] + ends, ends).map { unsafe text(result, $0..<$1) }
}

/// A part of a result's bytes as text; what is not UTF-8 becomes U+FFFD.
private func text(_ result: csp_result, _ range: Range<Int>) -> String {
    unsafe String(decoding: UnsafeBufferPointer(start: result.bytes, count: result.byte_count)[range], as: UTF8.self)
}
