"""The monosemanticity score: streamed over a million items, and against the loop over pairs.

usage: python benchmarks/monosemanticity.py [--items N] [--units N] [--threads N] [--pairs-of N]

First the score of `--units` components on `--items` items (a million by 1,024), fed batch by batch as from a
store: codes with 32 firings an item, and dense ones with every second code above zero. Peak memory is that of
the whole process. Then our function against the loop over pairs that follows the definition, one row of the
matrix of pairs after the other, on a number of items at which it ends; both in one process on the same
arrays, in turn, the best of three runs each. Data are random: the time does not depend on them.
"""

import argparse
import platform
import resource
import sys
import time

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from sememe import measures

BATCH, DIMENSIONS, FIRINGS = 16_384, 64, 32


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=1_000_000, help="items to stream (default 1,000,000)")
    parser.add_argument("--units", type=int, default=1_024, help="components (default 1,024)")
    parser.add_argument("--threads", type=int, default=2, help="BLAS threads (default 2)")
    parser.add_argument(
        "--pairs-of", type=int, default=2_000, help="items for the loop over pairs (default 2,000)"
    )
    options = parser.parse_args()
    python, machine = platform.python_version(), platform.machine()
    print(f"{machine}, {options.threads} threads, Python {python}, numpy {np.__version__}")
    with threadpool_limits(options.threads):
        for kind in ("sparse", "dense"):
            seconds = streamed(kind, options.items, options.units)
            # Kibibytes on Linux, bytes on macOS.
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
                1024 if sys.platform != "darwin" else 1024**2
            )
            size = f"{options.items:,} x {options.units:,}"
            print(f"{kind:7s} {size}: {seconds:6.1f} s, peak memory so far {peak:,.0f} MiB")
        ours, pairs, apart = against_pairs(options.pairs_of, options.units)
        print(
            f"loop over pairs of {options.pairs_of:,} items: {pairs:.3f} s; ours {ours * 1e3:.2f} ms; ",
            end="",
        )
        print(f"{pairs / ours:,.0f} times as fast, greatest difference {apart:.1e}")


def random_codes(kind: str, items: int, units: int) -> np.ndarray | sparse.csr_array:
    rng = np.random.default_rng(0)
    if kind == "dense":
        return np.maximum(rng.random((items, units), dtype=np.float32) - 0.5, 0)
    width = units // FIRINGS
    columns = rng.integers(0, width, size=(items, FIRINGS)) + np.arange(FIRINGS) * width
    values = rng.random(items * FIRINGS, dtype=np.float32)
    return sparse.csr_array(
        (values, columns.reshape(-1), np.arange(0, items * FIRINGS + 1, FIRINGS)), shape=(items, units)
    )


def streamed(kind: str, items: int, units: int) -> float:
    """Seconds for all batches and the score; making the one batch that is fed again and again is left out."""
    codes = random_codes(kind, BATCH, units)
    rows = measures.unit_length(np.random.default_rng(1).normal(size=(BATCH, DIMENSIONS)))
    start = time.perf_counter()
    sums = measures.PairSums(units, DIMENSIONS)
    for first in range(0, items, BATCH):
        count = min(BATCH, items - first)
        sums.update(codes[:count], rows[:count])
    measures.registry()["monosemanticity_score"].from_totals(sums.totals())
    return time.perf_counter() - start


def against_pairs(items: int, units: int) -> tuple[float, float, float]:
    """Seconds of ours and of the loop over pairs, the best of three, and the greatest difference of their
    scores.
    """
    codes = random_codes("dense", items, units)
    embeddings = np.random.default_rng(1).normal(size=(items, DIMENSIONS))
    best = {"ours": np.inf, "pairs": np.inf}
    scores = {}
    for _ in range(3):
        for name, function in (("ours", measures.monosemanticity_score), ("pairs", over_pairs)):
            start = time.perf_counter()
            scores[name] = function(codes, embeddings)
            best[name] = min(best[name], time.perf_counter() - start)
    return best["ours"], best["pairs"], float(np.abs(scores["ours"] - scores["pairs"]).max())


def over_pairs(codes: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """The definition: every item against all that follow it."""
    a = (codes - codes.min(axis=0)) / np.ptp(codes, axis=0)
    e = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    above, below = np.zeros(codes.shape[1]), np.zeros(codes.shape[1])
    for i in range(len(a) - 1):
        weight = a[i] * a[i + 1 :]
        above += (e[i + 1 :] @ e[i]) @ weight
        below += weight.sum(axis=0)
    return above / below


if __name__ == "__main__":
    main()
