"""Scores of odd sentence pairs by sacreBLEU: Unicode, punctuation, empty sides, repeated and shuffled words, line ends.

Run: python ci/references/text_metrics.py
"""
import hashlib
import json
import pathlib
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF, TER

VERSION = 1
SCRIPT = pathlib.Path(__file__).resolve()
ROOT = SCRIPT.parents[2]
TARGET = ROOT / "Packages/TensorCore/Tests/SequencesTests/Golden/text_metrics.json"
METRICS = {
    "bleu": BLEU(), "bleuNone": BLEU(tokenize="none"), "bleuEffective": BLEU(effective_order=True),
    "chrF2": CHRF(), "chrF2++": CHRF(word_order=2), "ter": TER(),
}
# Written by hand: what the tokenisers and Python's idea of white space make special.
PAIRS = [
    ("", ""), ("", "a"), ("a", ""), (" \t ", "a b"), ("a", "a"), ("a b c", "a b c"), ("A B", "a b"),
    ("line one\r\nline two", "line one\nline two"), ("end-\nof-line", "endof-line"), ("tail-\n", "tail-"),
    ("a\u00a0b\u2003c\u3000d", "a b c d"), ("a\x1cb\x1fc\x85d", "a b c d"), ("zero\u200bwidth", "zero width"),
    ("caf\u00e9 cre\u0300me", "cafe\u0301 cr\u00e8me"), ("STRASSE Stra\u00dfe", "strasse STRASSE"),
    ("\u0130stanbul", "i\u0307stanbul"),
    ("\u039f\u0394\u039f\u03a3 \u03a3\u039f. \u03a3 \u0391\u03a3'\u0391 \u0391\u03a3\u0308.",
     "\u03bf\u03b4\u03bf\u03c2 \u03c3\u03bf. \u03c3 \u03b1\u03c3'\u03b1 \u03b1\u03c2\u0308."),
    ("\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 ok", "\U0001f600 ok"),
    ("He said: \u201cno\u201d \u2013 twice\u2026", "He said: \"no\" - twice..."), ("don't John's", "don 't John 's"),
    ("&quot;x&quot; &amp;lt; &apos;y&apos; &lt;z&gt;", "\"x\" < 'y' <z>"), ("a<skipped>b <skip", "ab <skip"),
    ("3,5 km 1.5-2 x-1 5-a ,5 5, .5 5.", "3.5 km 1,5 - 2 x-1 5 - a 5 5 .5 5 ."), ("1..2,,3", "1 . . 2 , , 3"),
    ("(hi) [x]{y} ~z^ a_b c/d e|f", "( hi ) [ x ] { y } z a _ b c / d e | f"), ("...!!!", "!!!..."), (". , ;", ", . :"),
    ("\u4eca\u65e5\u306f\u826f\u3044\u5929\u6c17\u3067\u3059\u3002",
     "\u4eca\u65e5\u306f\u5929\u6c17\u304c\u826f\u3044\u3067\u3059\u3002"),
    ("the the the the the the the", "the cat is on the mat"), ("a " * 30, "a " * 12),
    ("a a b b a a b b", "b b a a b b a a"),
    ("d e f a b c", "a b c d e f"), ("x d e f y a b c z", "a b c w d e f"), ("e d c b a", "a b c d e"),
]
WORDS = ["the", "cat", "sat", "on", "mat.", "dogs", "bark,", "3.5", "5-6", "(loud)", "it's", "\u00fcber",
         "\u201cnow\u201d"]


def made_up(generator):
    """Pairs of a reference and what deleting, repeating, replacing and moving words makes of it."""
    for length in [2, 3, 5, 8, 12, 20, 35] * 6 + [90, 90]:
        reference = generator.choices(WORDS[:generator.choice([3, 6, 13])], k=length)
        hypothesis = list(reference)
        for _ in range(generator.randint(1, 1 + length // 3)):
            place, other = generator.randrange(len(hypothesis)), generator.randrange(len(hypothesis))
            run = hypothesis[place:place + generator.randint(1, 5)]
            match generator.randrange(4):
                case 0: hypothesis[place:place + len(run)] = [] if len(hypothesis) > len(run) else run
                case 1: hypothesis[other:other] = run
                case 2: hypothesis[place] = generator.choice(WORDS)
                case 3:
                    del hypothesis[place:place + len(run)]
                    hypothesis[other:other] = run
        yield " ".join(hypothesis), " ".join(reference)
    # Lengths so different that the beam of TER widens, and so many equal runs that its search is cut short.
    yield "cat mat. sat", " ".join(generator.choices(WORDS, k=150))
    yield " ".join(generator.choices(WORDS, k=150)), "cat mat. sat"
    yield " ".join(generator.choices(WORDS[:2], k=60)), " ".join(generator.choices(WORDS[:2], k=60))


def scored(hypotheses, references):
    """Corpus scores; `references` has a list for each hypothesis."""
    streams = [list(stream) for stream in zip(*references)]
    return {"hypotheses": hypotheses, "references": references,
            "scores": {name: metric.corpus_score(hypotheses, streams).score for name, metric in METRICS.items()}}


if __name__ == "__main__":
    generator = random.Random(20)
    pairs = PAIRS + list(made_up(generator))
    corpora = [scored([h], [[r]]) for h, r in pairs]
    # Three references, of which the middle one is the pair's own and others are shared.
    corpora += [scored([h], [[pairs[i - 1][1], r, pairs[i - 2][1]]]) for i, (h, r) in enumerate(pairs) if i % 4 == 2]
    corpora.append(scored([h for h, _ in pairs], [[r] for _, r in pairs]))
    corpora.append(scored([h for h, _ in pairs], [[r, pairs[i - 1][1]] for i, (_, r) in enumerate(pairs)]))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps({
        "maker": str(SCRIPT.relative_to(ROOT)), "makerSHA256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
        "version": VERSION, "sacrebleu": sacrebleu.__version__, "corpora": corpora,
    }, indent=0) + "\n")
    print(f"{len(corpora)} corpora, {TARGET.stat().st_size} bytes")
