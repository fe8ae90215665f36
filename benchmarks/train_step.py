"""Milliseconds a training step of a TopK dictionary, ours and others', side by side in one run.

    python benchmarks/train_step.py [--work W1 W2 W3] [--steps 4] [--threads 2] [--encode]

Each line is one whole step: encoder, selection, decoder, loss, gradients, clipping, Adam, atoms back to
unit length. Below ours stand the same step in plain torch, and the limits: the encoder's matrix product
alone. The other libraries take part where they are installed (``peers.py`` says how). All take turns, a few
steps at a time and several times over, so that a busy minute of the machine falls on all of them; the
median is given. With ``--encode``, items a second of encoding are timed instead.
"""

import argparse
import logging
import platform
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import torch
from torch import Tensor

from sememe.dictionaries.kernels.encode import encode_top_k
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import StepPlan, TopK
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK as TopKNonlinearity
from sememe.dictionaries.step import ReferenceStep

# Batch, neurons, components, k.
WORKS = {"W1": (8192, 32, 512, 4), "W2": (4096, 512, 8192, 32), "W3": (2048, 1280, 20480, 64)}

LEARNING_RATE = 5e-4
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
    from peers import PEERS

    found: dict[str, Callable[[Tensor], Any]] = {}
    for name, make in PEERS.items():
        try:
            step, encoding = make(d_in, n_components, k)
        except ImportError as error:
            print(f"  without {name}: {error}")
            continue
        found[name] = torch.no_grad()(encoding) if encode else step
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


def measure(work: str, steps: int, encode: bool) -> None:
    """Print one work's table."""
    items, d_in, n_components, k = WORKS[work]
    print(f"\n{work}: batch {items}, {d_in} neurons, {n_components} components, k {k}")
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(4 * items, d_in, generator=generator)
    x = x @ torch.randn(d_in, d_in, generator=generator).div(d_in**0.5)
    calls = contenders(d_in, n_components, k, encode)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            if name in times and not _time(call, x, items, steps, times[name]):
                print(f"  without {name}: it cannot run here")
                del times[name]
    ours = median(times[OURS])
    for name, seconds in times.items():
        each = median(seconds)
        print(
            f"  {name:28s} {each * 1e3:9.1f} ms {items / each:12,.0f} items/s   {each / ours:6.2f} x ours",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=list(WORKS))
    parser.add_argument("--steps", type=int, default=4, help="steps a turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--encode", action="store_true", help="time the encoding instead of training steps")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(options.threads)
    print(
        f"torch {torch.__version__}, {platform.processor() or platform.machine()}, {options.threads} threads"
    )
    for work in options.work:
        measure(work, options.steps, options.encode)


if __name__ == "__main__":
    main()
