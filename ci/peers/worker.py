"""What every peer shares: reads `<workload> <repeats>` lines and answers `<wall seconds> <CPU seconds> <peak MiB>`.

The first line about a workload sets it up and runs it once, untimed; 0 repeats do no more than that. What a peer cannot do
is answered with `cannot <why>`. Names, shapes and options agree with Bench/Sources/BenchCases/Speed, line by line.
"""
import argparse
import ctypes
import importlib.metadata
import os
import signal
import sys
import time


def peak_mib():
    # Not from getrusage, which would report at least what the parent held when it started this process.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def options(*packages):
    """The command line; answers `--version` from the installed packages' metadata, without loading them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--version", action="store_true")
    chosen = parser.parse_args()
    if chosen.version:
        try:
            print(", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages))
        except importlib.metadata.PackageNotFoundError as missing:
            sys.exit(f"{missing} is not installed")
        sys.exit()
    # A peer whose parent is killed must not go on.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ["OMP_NUM_THREADS"] = str(chosen.threads)
    return chosen


def serve(make):
    """Answers requests until the input ends; `make(name)` returns a step, or None for a workload without a twin."""
    answers, sys.stdout = sys.stdout, sys.stderr
    steps = {}
    for line in sys.stdin:
        name, repeats = line.split()
        try:
            if name not in steps:
                step = make(name)
                if step is None:
                    raise NotImplementedError(f"there is no twin of {name}")
                step()
                steps = {name: step}  # the last one's memory would count, too
            step = steps[name]
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(int(repeats)):
                step()
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            print(f"{wall:.9f} {cpu:.9f} {peak_mib():.1f}", file=answers, flush=True)
        except Exception as error:
            print("cannot", " ".join(f"{type(error).__name__}: {error}".split())[:300], file=answers, flush=True)


def maker(kinds, table):
    """What `serve` wants: `kinds` takes what follows a name's first part, `table` holds whole names."""
    def make(name):
        kind, rest = name.split(".", 1)
        if kind in kinds:
            return kinds[kind](rest)
        return table[name]() if name in table else None
    return make


def product_shape(shape, tiny):
    """`<m>x<n>x<k>[x<batch>]` as (leading axes, m, n, k, whether A is stored transposed)."""
    m, n, k, *lead = (int(x) for x in shape.split("x"))
    is_transposed = (m, n, k) == (256, 1024, 2048)
    if tiny:
        m, n, k, lead = min(m, 8), min(n, 8), min(k, 8), [2] * len(lead)
    return lead, m, n, k, is_transposed
