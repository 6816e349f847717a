"""Times PyTorch and this repository on the same steps, in turns, in one run: python ci/peers/speed.py [name ...]

Prints per workload the median seconds of both and the ratio PyTorch / ours (above 1: ours is faster), by wall clock and by
CPU time, and the geometric mean over the matrix products. Both use two threads; OpenMP waits passively.
Needs the virtual environment of ci/peers/setup; builds `speed-worker` first.
"""
import argparse
import math
import os
import pathlib
import statistics
import subprocess
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "2")

import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]


def product(name):
    numbers = [int(x) for x in name.split(".")[1].split("x")]
    m, n, k = numbers[:3]
    lead = numbers[3:]
    a = torch.randn(*lead, k, m).transpose(-1, -2) if (m, n, k) == (256, 1024, 2048) else torch.randn(*lead, m, k)
    b = torch.randn(*lead, k, n)
    return lambda: torch.matmul(a, b)


class Block(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1, self.packed, self.output = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2, self.expand, self.contract = nn.LayerNorm(width), nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.heads = heads

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.packed(self.norm1(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        x = x + self.output(mixed.transpose(1, 2).reshape(b, t, c))
        return x + self.contract(nn.functional.gelu(self.expand(self.norm2(x))))


def training(model, loss):
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01)

    def step():
        optimiser.zero_grad()
        loss(model).backward()
        optimiser.step()
    return step


def encoder():
    x = torch.randn(16, 128, 256)
    return training(nn.Sequential(*[Block(256, 4, 1024) for _ in range(6)]), lambda m: m(x).square().mean())


def coordinate_network():
    x, target = torch.rand(16384, 2) * 2 - 1, torch.rand(16384, 3)
    sizes = [2, 256, 256, 256, 256, 256]
    layers = [l for i, o in zip(sizes, sizes[1:]) for l in (nn.Linear(i, o), nn.ReLU())] + [nn.Linear(256, 3)]
    return training(nn.Sequential(*layers), lambda m: nn.functional.mse_loss(m(x), target))


def make(name):
    return {"W1.encoder": encoder, "W3.relu": coordinate_network}.get(name, lambda: product(name))()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="workloads; all by default")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--budget", type=float, default=0.15, help="seconds of work per side and round")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    subprocess.run(["swift", "build", "--product", "speed-worker"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    binary = subprocess.run(["swift", "build", "--show-bin-path"], cwd=ROOT, check=True, capture_output=True, text=True)
    worker = subprocess.Popen([f"{binary.stdout.strip()}/speed-worker", str(options.threads)], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(line):
        worker.stdin.write(line + "\n")
        worker.stdin.flush()
        return worker.stdout.readline().split()

    def theirs(step, repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(repeats):
            step()
        return (time.perf_counter() - wall) / repeats, (time.process_time() - cpu) / repeats

    products = []
    print(f"torch {torch.__version__}, {options.threads} threads each, {options.rounds} rounds in turns, medians")
    print(f"{'workload':28} {'torch ms':>10} {'ours ms':>10} {'wall ratio':>10} {'cpu ratio':>10}")
    for name in options.names or ask("list"):
        step = make(name)
        step()
        repeats = max(1, int(options.budget / max(theirs(step, 2)[0], 1e-6)))
        pairs = []
        ask(f"{name} 1")
        for index in range(options.rounds):
            first = theirs(step, repeats) if index % 2 == 0 else None
            ours = tuple(float(x) for x in ask(f"{name} {repeats}"))
            pairs.append((first or theirs(step, repeats), ours))
        wall = statistics.median(t[0] / o[0] for t, o in pairs)
        cpu = statistics.median(t[1] / o[1] for t, o in pairs)
        if name.startswith("matmul"):
            products.append((wall, cpu))
        medians = [statistics.median(p[side][0] for p in pairs) * 1e3 for side in (0, 1)]
        print(f"{name:28} {medians[0]:10.3f} {medians[1]:10.3f} {wall:10.2f} {cpu:10.2f}", flush=True)
    if products:
        means = [math.exp(statistics.fmean(math.log(p[i]) for p in products)) for i in (0, 1)]
        print(f"{'matmul, geometric mean':28} {'':10} {'':10} {means[0]:10.2f} {means[1]:10.2f}")
    worker.stdin.close()
    worker.wait()


if __name__ == "__main__":
    main()
