"""How the cost of a training step grows with the number of components and with k.

    python benchmarks/scaling.py [--items 2048] [--d-in 512] [--threads 2] [--steps 5]

Every line is a process of its own: milliseconds a step (median), the memory that the training added at its
peak, and what of it are parameters, gradients and Adam's moments.
"""

import argparse
import resource
import subprocess
import sys
import time
from statistics import median

import torch

from train_step import make_step

MEBIBYTE = 1 << 20


def peak_memory() -> int:
    """Most bytes that this process has had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def one_line(items: int, d_in: int, n_components: int, k: int, steps: int) -> str:
    """Train a little in this process and say what it cost."""
    # Compiled code is loaded by a small training, so that it is not counted.
    make_step(8, 256, 4)(torch.randn(64, 8))
    x = torch.randn(items, d_in, generator=torch.Generator().manual_seed(0))
    before = peak_memory()
    step = make_step(d_in, n_components, k)
    step(x)
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        step(x)
        seconds.append(time.perf_counter() - start)
    added = (peak_memory() - before) / MEBIBYTE
    # Parameters, gradients, two moments; two matrices each.
    state = 4 * 2 * n_components * d_in * 4 / MEBIBYTE
    return f"{n_components:12,d} {k:5d} {median(seconds) * 1e3:10.1f} {added:10,.0f} {state:10,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--items", type=int, default=2048)
    parser.add_argument("--d-in", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--one", type=int, nargs=2, metavar=("COMPONENTS", "K"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.one:
        print(one_line(options.items, options.d_in, *options.one, options.steps))
        return
    print(f"batch {options.items}, {options.d_in} neurons, {options.threads} threads")
    print("  components     k    ms/step  MiB added  MiB state")
    lines = [(2**power, 32) for power in range(10, 17)] + [(8192, 2**power) for power in range(2, 9)]
    for n_components, k in lines:
        command = [sys.executable, *sys.argv, "--one", str(n_components), str(k)]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)


if __name__ == "__main__":
    main()
