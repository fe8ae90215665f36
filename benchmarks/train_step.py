"""Milliseconds a training step of a TopK dictionary, ours and others', side by side in one run.

    python benchmarks/train_step.py [--work W1 W2 W3] [--steps 4] [--threads 2] [--encode] [--apart]

Each line is one whole step: encoder, selection, decoder, loss, gradients, clipping, Adam, atoms back to
unit length. Below ours stand the same step in plain torch, and the limits: the encoder's matrix product
alone. The other libraries take part where they are installed (``peers.py`` says how). All take turns, a few
steps at a time and several times over, so that a busy minute of the machine falls on all of them; the
median is given. Before each turn all rest, so that nobody's threads that still spin cost another time.
With ``--apart`` each runs in a process of its own. With ``--encode``, items a second of encoding are timed
instead. The last line of a table says how much faster ours is than the fastest of the others, and whether
that is what was asked for.
"""

import argparse
import json
import logging
import platform
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor

from peers import LEARNING_RATE, PEERS
from sememe.dictionaries.kernels.encode import encode_top_k
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import StepPlan, TopK
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK as TopKNonlinearity
from sememe.dictionaries.step import ReferenceStep

# Batch, neurons, components, k.
WORKS = {"W1": (8192, 32, 512, 4), "W2": (4096, 512, 8192, 32), "W3": (2048, 1280, 20480, 64)}

# How many times as fast as the fastest other library a step shall be, and the encoding in W2.
ASKED = {"W1": 3.0, "W2": 5.0, "W3": 3.5}
ASKED_OF_ENCODING = {"W2": 2.5}

# Seconds of rest before a turn: OpenMP's threads spin for up to 0.2 s after their last work.
REST = 0.3

CLIP_NORM = 1.0
ROUNDS = 3
OURS = "Sememe"


def initial(d_in: int, n_components: int) -> dict[str, Tensor]:
    """Parameters of a fresh dictionary: random atoms, the encoder their transpose."""
    generator = torch.Generator().manual_seed(0)
    atoms = torch.randn(n_components, d_in, generator=generator)
    atoms /= atoms.norm(dim=1, keepdim=True)
    return {
        "W_enc": atoms.clone(),
        "b_enc": torch.zeros(n_components),
        "W_dec": atoms,
        "b_dec": torch.zeros(d_in),
    }


def make_step(d_in: int, n_components: int, k: int) -> Callable[[Tensor], float]:
    """A fresh TopK dictionary's training step: takes a batch ``(items, d_in)``, returns the loss."""
    step = FastStep(initial(d_in, n_components), StepPlan(TopK(k)), clip_norm=CLIP_NORM)
    return lambda x: step.step(x, LEARNING_RATE).loss


def make_reference(d_in: int, n_components: int, k: int) -> Callable[[Tensor], float]:
    """The same step by torch's autograd and Adam."""
    module = SAEModule(**initial(d_in, n_components), nonlinearity=TopKNonlinearity(k))
    step = ReferenceStep(module, PlanObjective(StepPlan(TopK(k))), CLIP_NORM)
    return lambda x: step.step(x, LEARNING_RATE).loss


def make_encode(d_in: int, n_components: int, k: int) -> Callable[[Tensor], Any]:
    p = {name: tensor.numpy() for name, tensor in initial(d_in, n_components).items()}
    return lambda x: encode_top_k(x.numpy(), p["W_enc"], p["b_enc"], p["b_dec"], k)


def make_product(dtype: torch.dtype, d_in: int, n_components: int) -> Callable[[Tensor], float]:
    encoder = torch.randn(d_in, n_components).to(dtype)
    return lambda x: (x.to(dtype) @ encoder)[0, 0].item()


def contenders(d_in: int, n_components: int, k: int, encode: bool) -> dict[str, Callable[[Tensor], Any]]:
    """Everyone who takes part, by name."""
    found: dict[str, Callable[[Tensor], Any]] = {}
    for name, make in PEERS.items():
        try:
            peer = make(d_in, n_components, k)
        except ImportError as error:
            print(f"  without {name}: {error}")
            continue
        found[name] = torch.no_grad()(peer.encode) if encode else peer.step
    if encode:
        return {OURS: make_encode(d_in, n_components, k), **found}
    return {
        OURS: make_step(d_in, n_components, k),
        "the same in plain torch": make_reference(d_in, n_components, k),
        **found,
        "encoder's product, float32": make_product(torch.float32, d_in, n_components),
        "encoder's product, bfloat16": make_product(torch.bfloat16, d_in, n_components),
    }


def _time(call: Callable[[Tensor], Any], x: Tensor, items: int, steps: int, times: list[float]) -> bool:
    """Add the seconds of some calls, after one that is not counted; False if the library refuses."""
    time.sleep(REST)
    for number in range(steps + 1):
        batch = x[number % 4 * items :][:items]
        start = time.perf_counter()
        try:
            call(batch)
        except NotImplementedError:
            return False
        if number > 0:
            times.append(time.perf_counter() - start)
    return True


def measure(work: str, steps: int, encode: bool, only: str | None = None) -> dict[str, float]:
    """Median seconds of everyone, or of one alone."""
    items, d_in, n_components, k = WORKS[work]
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(4 * items, d_in, generator=generator)
    x = x @ torch.randn(d_in, d_in, generator=generator).div(d_in**0.5)
    calls = contenders(d_in, n_components, k, encode)
    if only is not None:
        calls = {name: call for name, call in calls.items() if name == only}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            if name in times and not _time(call, x, items, steps, times[name]):
                print(f"  without {name}: it cannot run here")
                del times[name]
    return {name: median(seconds) for name, seconds in times.items()}


def measure_apart(work: str, steps: int, encode: bool, threads: int) -> dict[str, float]:
    """The same, each in a process of its own."""
    found: dict[str, float] = {}
    for name in contenders(8, 64, 4, encode):
        command = [sys.executable, __file__, "--work", work, "--steps", str(steps), "--only", name]
        command += ["--threads", str(threads), *(["--encode"] if encode else [])]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        found |= json.loads(lines[-1])
    return found


def print_table(work: str, times: dict[str, float], encode: bool) -> None:
    items, d_in, n_components, k = WORKS[work]
    print(f"\n{work}: batch {items}, {d_in} neurons, {n_components} components, k {k}")
    for name, each in times.items():
        ratio = each / times[OURS]
        print(f"  {name:28s} {each * 1e3:9.1f} ms {items / each:12,.0f} items/s   {ratio:6.2f} x ours")
    others = {name: seconds for name, seconds in times.items() if name in PEERS}
    if not others:
        print("  No other library takes part: `make peers`, then `make bench`; see benchmarks/peers.py.")
        return
    fastest = min(others, key=others.__getitem__)
    ratio = others[fastest] / times[OURS]
    asked = (ASKED_OF_ENCODING if encode else ASKED).get(work)
    verdict = "" if asked is None else f"; asked for {asked:g}x: {'met' if ratio >= asked else 'NOT met'}"
    print(f"  {ratio:.1f}x as fast as the fastest other, {fastest}{verdict}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--steps", type=int, default=4, help="steps a turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--encode", action="store_true", help="time the encoding instead of training steps")
    parser.add_argument("--apart", action="store_true", help="everyone in a process of its own")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(options.threads)
    if options.only:
        print(json.dumps(measure(options.work[0], options.steps, options.encode, options.only)))
        return
    machine = platform.processor() or platform.machine()
    print(f"torch {torch.__version__}, {machine}, {options.threads} threads, ", end="")
    print("each in a process of its own" if options.apart else "all in one process, in turn")
    for work in options.work:
        if options.apart:
            times = measure_apart(work, options.steps, options.encode, options.threads)
        else:
            times = measure(work, options.steps, options.encode)
        print_table(work, times, options.encode)


if __name__ == "__main__":
    main()
