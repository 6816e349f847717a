"""Golden beams: what fairseq's own SequenceGenerator finds on random tables, for several settings.

fairseq no longer installs beside a current PyTorch, so its source is read from a folder and what it imports of itself but
never calls here is replaced by empty modules. Get it with: pip download fairseq==0.12.2 --no-deps --no-binary :all:
Run: python ci/references/searches.py FOLDER-OF-THE-UNPACKED-SOURCE
"""
import importlib
import itertools
import pathlib
import sys
import types

import torch
from torch import nn

import golden

VERSION = 1
VOCABULARY, STEPS, SOURCES = 8, 8, 5
START, PADDING, END, UNKNOWN = 0, 1, 2, 3


def fairseq_generator(folder):
    """The module fairseq.sequence_generator."""
    for name, content in [("utils", {}), ("data", {"data_utils": None}), ("models", {"FairseqIncrementalDecoder": int})]:
        module = types.ModuleType(f"fairseq.{name}")
        module.__dict__.update(content)
        sys.modules[module.__name__] = module
    package = types.ModuleType("fairseq")
    package.utils, package.__path__ = sys.modules["fairseq.utils"], [str(pathlib.Path(folder) / "fairseq")]
    sys.modules["fairseq"] = package
    return importlib.import_module("fairseq.sequence_generator")


class Encoder(nn.Module):
    """The number of the table each row is about."""

    def forward_torchscript(self, net_input):
        return net_input["src_tokens"][:, 0]

    def reorder_encoder_out(self, tables, order):
        return tables[order]


class Decoder(nn.Module):
    def __init__(self, tables):
        super().__init__()
        self.tables = tables

    def forward(self, tokens, encoder_out):
        return (self.tables[encoder_out, tokens.shape[1] - 1, tokens[:, -1]][:, None].clone(),)


class Model(nn.Module):
    """Log-probabilities of the next token from the table, the step and the last token."""

    def __init__(self, tables):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder(tables)

    def get_normalized_probs(self, output, log_probs, sample):
        return output[0]


class Dictionary:
    def __len__(self):
        return VOCABULARY

    def pad(self):
        return PADDING

    def unk(self):
        return UNKNOWN

    def eos(self):
        return END


def main():
    generator_module = fairseq_generator(sys.argv[1])
    random = torch.Generator().manual_seed(4000)
    tables = (2 * torch.randn(SOURCES, STEPS, VOCABULARY, VOCABULARY, generator=random)).log_softmax(-1)
    tensors, settings = {"tables": tables}, []
    source = torch.arange(SOURCES)[:, None]
    for beam, penalty, (least, most) in itertools.product([1, 2, 3, 5], [0, 0.5, 1, 2], [(0, 7), (1, 4), (3, 3)]):
        search = generator_module.SequenceGenerator(
            [Model(tables)], Dictionary(), beam_size=beam, len_penalty=penalty, min_len=least, max_len_b=most)
        found = search._generate({"net_input": {"src_tokens": source}}, bos_token=START)
        tokens = torch.full((SOURCES, beam, STEPS), -1.0)
        scores = torch.full((SOURCES, beam), float("nan"))
        for s, hypotheses in enumerate(found):
            for h, hypothesis in enumerate(hypotheses):
                tokens[s, h, :len(hypothesis["tokens"])] = hypothesis["tokens"].float()
                scores[s, h] = hypothesis["score"]
        tensors[f"{len(settings)}.tokens"], tensors[f"{len(settings)}.scores"] = tokens, scores
        settings.append([beam, penalty, least, most])
    tensors["settings"] = torch.tensor(settings)
    golden.write("Packages/TensorCore/Tests/SequencesTests/Golden/searches.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
