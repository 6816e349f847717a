"""Two made-up translators by sacreBLEU's paired tests: counts of each sentence, the resamples drawn, their scores and p.

Run: python ci/references/paired_bootstrap.py
"""
import hashlib
import json
import pathlib
import random

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

VERSION = 1
SCRIPT = pathlib.Path(__file__).resolve()
ROOT = SCRIPT.parents[2]
TARGET = ROOT / "Bench/Tests/BenchStatisticsTests/Golden/paired_bootstrap.json"
SENTENCES, RESAMPLES, TRIALS, SEED = 20, 200, 10_000, 12345
WORDS = ["the", "cat", "sat", "on", "mat", "dogs", "bark", "now", "then", "loud"]


def spoiled(words, generator, share):
    return " ".join(generator.choice(WORDS) if generator.random() < share else word for word in words)


if __name__ == "__main__":
    generator = random.Random(7)
    references = [generator.choices(WORDS, k=generator.randint(4, 12)) for _ in range(SENTENCES)]
    systems = [[spoiled(r, generator, share) for r in references] for share in (0.3, 0.15)]
    streams = [[" ".join(r) for r in references]]
    metric = BLEU(references=streams)
    statistics = [metric._extract_corpus_statistics(s, None) for s in systems]
    named = [("baseline", systems[0]), ("system", systems[1])]

    def tested(kind, samples):
        _, scores = PairedTest(named, {"BLEU": BLEU(references=streams)}, None, kind, samples)()
        return next(iter(v for k, v in scores.items() if k != "System"))

    bootstrap, randomisation = tested("bs", RESAMPLES), tested("ar", TRIALS)
    draws = numpy.random.default_rng(SEED).choice(SENTENCES, size=(RESAMPLES, SENTENCES), replace=True)
    scores = [[metric._compute_score_from_stats(numpy.array(s, dtype="float32")[d].sum(0)).score for d in draws]
              for s in statistics]
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps({
        "maker": str(SCRIPT.relative_to(ROOT)), "makerSHA256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
        "version": VERSION, "sacrebleu": sacrebleu.__version__,
        "statistics": [[[int(x) for x in row] for row in s] for s in statistics], "draws": draws.tolist(),
        "scores": scores, "corpus": [r.score for r in bootstrap],
        "mean": bootstrap[1].mean, "halfInterval": bootstrap[1].ci,
        "bootstrapP": bootstrap[1].p_value, "randomisationP": randomisation[1].p_value,
    }, indent=None, separators=(",", ":")) + "\n")
    print(f"{TARGET.stat().st_size} bytes; p {bootstrap[1].p_value} by bootstrap, {randomisation[1].p_value} by randomisation")
