"""Golden values of the dialogue model: a twin in float64, its latent query's loss, every gradient and ten AdamW steps.

The network is the pair of sequences.py. Three contexts, two queries each with a document; the marks are those of
Packages/Dialogue/Sources/Dialogue/Data/Vocabulary.swift, the loss is `snis` of Losses.swift at temperature 1.5.
Run: python ci/references/dialogue_model.py
"""
import torch
from torch import nn

import golden
import sequences
from sequences import padded

VERSION = 1
VOCABULARY, PADDING, END, QUERY, RESPONSE, TEMPERATURE = 30, 0, 1, 7, 12, 1.5
CONTEXTS = [[3, 23, 24, 1], [3, 25, 4, 26, 3, 27, 1], [3, 28, 29, 1]]
DOCUMENTS = [[[23, 25, 1], [1]], [[26, 1], [27, 28, 29, 1]], [[23, 25, 1], [24, 1]]]
REPLIES = [[25, 24], [29], [23, 26, 27]]
QUERIES = [[23, 24], [28], [26], [27, 28, 24], [29], [23, 25]]


class Network(sequences.Pair):
    def encoded(self, rows):
        tokens = padded(rows, PADDING)
        allowed = (torch.arange(tokens.shape[1]) < torch.tensor([len(row) for row in rows])[:, None])[:, None, None]
        return self.encode(self.embed(tokens), allowed), allowed

    def log_likelihoods(self, targets, start, memory, allowed):
        inputs = padded([[start] + row for row in targets], PADDING)
        labels = padded([row + [END] for row in targets], -1)
        scores = self.decode(inputs, memory, allowed).log_softmax(-1)
        picked = scores.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
        return (picked * (labels >= 0)).sum(1)


class ModularDialogue(nn.Module):
    def __init__(self):
        super().__init__()
        self.network = Network(VOCABULARY)

    def forward(self):
        memory, allowed = (x.repeat_interleave(2, 0) for x in self.network.encoded(CONTEXTS))
        told, told_allowed = self.network.encoded([document for row in DOCUMENTS for document in row])
        replies = self.network.log_likelihoods(
            [row for row in REPLIES for _ in range(2)], RESPONSE, torch.cat([memory, told], 1),
            torch.cat([allowed, told_allowed], -1))
        queries = self.network.log_likelihoods(QUERIES, QUERY, memory, allowed)
        return replies.reshape(3, 2), queries.reshape(3, 2)


def snis(replies, queries):
    weights = (replies.detach() / TEMPERATURE).softmax(1)
    return -(weights * replies + (weights - 0.5) * queries).sum(1).mean()


def main():
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(5001)
    model = ModularDialogue()
    tensors = {}
    for name, p in sorted(model.named_parameters()):
        noise = torch.randn(p.shape, generator=generator)
        p.data = (1 + 0.1 * noise if "Norm.weight" in name else 0.25 * noise).float().double()
        tensors[f"parameter.{name}"] = p.data.clone()
    tensors["prediction"] = model()[0].detach()
    value = snis(*model())
    value.backward()
    tensors["loss"] = value
    tensors |= {f"gradient.{name}": p.grad.clone() for name, p in model.named_parameters()}
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    losses = []
    for _ in range(10):
        optimiser.zero_grad()
        value = snis(*model())
        value.backward()
        optimiser.step()
        losses.append(value.detach())
    tensors["losses"] = torch.stack(losses)
    golden.write(
        "Packages/Dialogue/Tests/DialogueTests/Golden/dialogue_model.safetensors", tensors, __file__, VERSION)


if __name__ == "__main__":
    main()
