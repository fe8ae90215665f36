"""Seconds and steps of training until a TopK dictionary explains enough: ours and others' side by side.

    python benchmarks/time_to_fvu.py [--work W1 middle] [--learning-rate 4e-3] [--own-start] [--write]

The items are planted (``sememe.activations.planted``), centred and of unit variance. All see the same
batches in the same order, at the same constant rate of Adam (that of Gao et al. 2024 where none is given),
and begin with the same unit-length atoms, the encoder their transpose and no biases; overcomplete's encoder
standardises its codes in training, so that its start is the same only in form. With ``--own-start`` the
other libraries begin as they do by themselves. Each keeps its own loss, clipping and normalisation
(``peers.py``). Every 10 steps, off the clock, the FVU of held-out items is measured by the library's own
reconstruction. Turns of 50 steps go round, so that a busy minute of the machine falls on all, each after a
rest as in ``train_step.py``.

Two levels are asked for: 1.05 times the FVU at which the slowest learner ended, and 1.05 times that of the
best, which not everyone need reach. Between two measurements FVU is taken to fall on a straight line. Means
over the seeds, which draw data and atoms, and half the range. Last, our held-out FVU over that of the same
training in plain torch, at equal steps and data. ``--write`` puts the tables into docs/performance.md.
"""

import argparse
import json
import logging
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from markdown_tables import put_between_markers, spread
from peers import PEERS
from sememe.activations import planted
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.kernels.encode import decode, encode_top_k
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import StepPlan, TopK
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK as TopKNonlinearity
from sememe.dictionaries.step import ReferenceStep
from train_step import CLIP_NORM, OURS, REST

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
PLAIN = "the same in plain torch"
HELD_OUT = 4096
# Batches that are drawn; training goes round them.
POOL = 50
MEASURED_EVERY, TURN = 10, 50
MARGIN = 1.05


@dataclass(frozen=True)
class Work:
    """What is trained; as many components are planted as are learned, and k fire on an item."""

    batch: int
    d_in: int
    n_components: int
    k: int
    steps: int


WORKS = {
    "W1": Work(8192, 32, 512, 4, 300),
    "middle": Work(4096, 128, 2048, 16, 150),
    "small": Work(512, 16, 64, 3, 100),
}


class Learner(NamedTuple):
    """A dictionary in training."""

    step: Callable[[Tensor], float]
    reconstruct: Callable[[Tensor], Tensor]


@dataclass
class Curve:
    """Held-out FVU after so many steps, which took so many seconds; the first is before any step."""

    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    fvu: list[float] = field(default_factory=list)

    def reaches(self, level: float) -> tuple[float, float]:
        """Steps and seconds until FVU is at most ``level``; infinite if it never is."""
        for i, after in enumerate(self.fvu):
            if after <= level:
                before = self.fvu[i - 1] if i else after
                share = (before - level) / (before - after) if before > after else 1.0
                j = max(i - 1, 0)
                steps = self.steps[j] + share * (self.steps[i] - self.steps[j])
                return steps, self.seconds[j] + share * (self.seconds[i] - self.seconds[j])
        return math.inf, math.inf


def usual_rate(n_components: int) -> float:
    """What sparsify and dictionary_learning take where none is given (Gao et al. 2024, figure 3)."""
    return 2e-4 / (n_components / 2**14) ** 0.5


@dataclass(frozen=True)
class Settings:
    """How all train; the last two are ours alone, to see what other choices would do."""

    rate: float
    own_start: bool = False
    clip_norm: float = CLIP_NORM
    encoder_length: float = 1.0


def parameters(atoms: Tensor, settings: Settings) -> dict[str, Tensor]:
    """Where ours begins."""
    begun = tied(atoms)
    begun["W_enc"] *= settings.encoder_length
    return begun


def ours(atoms: Tensor, k: int, settings: Settings) -> Learner:
    p = parameters(atoms, settings)
    step = FastStep(p, StepPlan(TopK(k)), clip_norm=settings.clip_norm)
    arrays = {name: tensor.numpy() for name, tensor in p.items()}

    def reconstruct(x: Tensor) -> Tensor:
        codes = encode_top_k(x.numpy(), arrays["W_enc"], arrays["b_enc"], arrays["b_dec"], k)
        return torch.from_numpy(decode(codes, arrays["W_dec"], arrays["b_dec"]))

    return Learner(lambda x: step.step(x, settings.rate).loss, reconstruct)


def plain(atoms: Tensor, k: int, settings: Settings) -> Learner:
    module = SAEModule(**parameters(atoms, settings), nonlinearity=TopKNonlinearity(k))
    step = ReferenceStep(module, PlanObjective(StepPlan(TopK(k))), settings.clip_norm)
    return Learner(lambda x: step.step(x, settings.rate).loss, module)


def learners(work: Work, atoms: Tensor, settings: Settings, seed: int) -> dict[str, Learner]:
    """Everyone who takes part, by name."""
    found = {OURS: ours(atoms, work.k, settings), PLAIN: plain(atoms, work.k, settings)}
    for name, make in PEERS.items():
        torch.manual_seed(seed)
        try:
            peer = make(work.d_in, work.n_components, work.k, settings.rate)
        except ImportError:
            continue
        if not settings.own_start:
            peer.begin_with(atoms)
        found[name] = Learner(peer.step, peer.reconstruct)
    return found


def draw(work: Work, seed: int) -> tuple[Tensor, Tensor]:
    """Items to train on and held-out ones, centred and scaled by the former."""
    size = (POOL * work.batch + HELD_OUT, work.d_in, work.n_components)
    x = torch.from_numpy(planted(*size, active=float(work.k), seed=seed).values)
    train, held_out = x[:-HELD_OUT], x[-HELD_OUT:]
    mean = train.mean(dim=0)
    scale = (train - mean).square().mean().sqrt()
    return (train - mean) / scale, (held_out - mean) / scale


@torch.no_grad()
def fvu(x: Tensor, reconstruct: Callable[[Tensor], Tensor]) -> float:
    left = (x - reconstruct(x)).square().sum(dtype=torch.float64)
    return float(left / (x - x.mean(dim=0)).square().sum(dtype=torch.float64))


def train(work: Work, seed: int, settings: Settings) -> dict[str, Curve]:
    """The curve of everyone who can run here."""
    x, held_out = draw(work, seed)
    atoms = random_atoms(work.n_components, work.d_in, seed)
    able = set()
    # Once off the clock with dictionaries that are thrown away: who can, and what has to be compiled.
    for name, learner in learners(work, atoms, settings, seed).items():
        try:
            learner.step(x[: work.batch])
        except NotImplementedError:
            continue
        able.add(name)
    everyone = {name: one for name, one in learners(work, atoms, settings, seed).items() if name in able}
    curves = {name: Curve([0], [0.0], [fvu(held_out, one.reconstruct)]) for name, one in everyone.items()}
    for first in range(0, work.steps, TURN):
        for name, learner in everyone.items():
            time.sleep(REST)
            take_turn(learner, x, held_out, work, range(first, min(first + TURN, work.steps)), curves[name])
    return curves


def take_turn(learner: Learner, x: Tensor, held_out: Tensor, work: Work, steps: range, curve: Curve) -> None:
    seconds = curve.seconds[-1]
    for step in steps:
        batch = x[step % POOL * work.batch :][: work.batch]
        begun = time.perf_counter()
        learner.step(batch)
        seconds += time.perf_counter() - begun
        if (step + 1) % MEASURED_EVERY == 0:
            curve.steps.append(step + 1)
            curve.seconds.append(seconds)
            curve.fvu.append(fvu(held_out, learner.reconstruct))


def table(work: Work, rate: float, by_seed: list[dict[str, Curve]]) -> list[str]:
    """The lines of a Markdown table, and what they say of ours."""
    names = list(by_seed[0])
    ends = [[curves[name].fvu[-1] for name in names] for curves in by_seed]
    levels = {"all": [MARGIN * max(end) for end in ends], "best": [MARGIN * min(end) for end in ends]}
    heads = [f"to {spread(found, '.3f')}" for found in levels.values()]
    lines = [
        f"Batch {work.batch:,}, {work.d_in} inputs, {work.n_components:,} components, k {work.k}, "
        f"{work.steps} steps at a rate of {rate:.2g}.",
        "",
        f"| | FVU at the end | steps {heads[0]} | seconds | times ours | steps {heads[1]} | seconds "
        "| times ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in names:
        cells = [spread([curves[name].fvu[-1] for curves in by_seed], ".3f")]
        for found in levels.values():
            own = [curves[OURS].reaches(level)[1] for curves, level in zip(by_seed, found, strict=True)]
            steps, seconds = zip(
                *(curves[name].reaches(level) for curves, level in zip(by_seed, found, strict=True)),
                strict=True,
            )
            if math.inf in steps:
                cells += ["never", "", ""]
                continue
            ratios = [each / mine for each, mine in zip(seconds, own, strict=True)]
            times = spread(ratios, ".1f") if max(own) < math.inf else ""
            cells += [spread(steps, ".0f"), spread(seconds, ".2f"), times]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    apart = [np.abs(np.divide(curves[OURS].fvu, curves[PLAIN].fvu) - 1).max().item() for curves in by_seed]
    at_end = [curves[OURS].fvu[-1] / curves[PLAIN].fvu[-1] for curves in by_seed]
    return [
        *lines,
        "",
        "Our held-out FVU over plain torch's at equal steps and data: "
        f"{', '.join(f'{ratio:.5f}' for ratio in at_end)} at the end; at no measurement further apart than "
        f"{max(apart):.2%}.",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--work", nargs="+", choices=WORKS, default=["W1", "middle"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--learning-rate", type=float, help="Adam's, for all")
    parser.add_argument("--own-start", action="store_true", help="others begin as they do by themselves")
    parser.add_argument("--clip-norm", type=float, default=CLIP_NORM, help="of ours")
    parser.add_argument("--encoder-length", type=float, default=1.0, help="of ours at the start")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="a file for the curves")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(options.threads)
    begun = time.perf_counter()
    kept, lines = {}, []
    for name in options.work:
        work = WORKS[name]
        rate = options.learning_rate or usual_rate(work.n_components)
        settings = Settings(rate, options.own_start, options.clip_norm, options.encoder_length)
        by_seed = [train(work, seed, settings) for seed in options.seeds]
        kept[name] = [{who: asdict(curve) for who, curve in curves.items()} for curves in by_seed]
        found = table(work, rate, by_seed)
        lines += [*([""] if lines else []), *found]
        print("\n".join(found), flush=True)
    print(f"{time.perf_counter() - begun:.0f} s")
    if options.json:
        options.json.write_text(json.dumps(kept), "utf-8")
    if options.write:
        put_between_markers(PAGE, "time to fvu", lines)


if __name__ == "__main__":
    main()
