"""Seconds of every measure for 10,000 images and 512 components, codes dense and CSR, and of them together.

usage: python benchmarks/measures.py [--items N] [--units N] [--firings N] [--threads N] [--rounds N]

Each measure is called once a round as anyone would call it, on arrays, and the fastest round is given; the
first call of all compiles the kernels and is left out. The last lines are one whole evaluation: every measure
that codes, labels, concepts and embeddings allow, with 400 replicates of the bootstrap and the null beside
each score. Data are random; the time of the measures does not depend on what they mean, but on how many codes
fire.
"""

import argparse
import platform
import time
from collections.abc import Callable
from functools import cached_property

import numba
import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from sememe import measures

CLASSES, CONCEPTS, DIMENSIONS, NEURONS = 10, 130, 64, 128


def main() -> None:
    """Print the time of each measure, of each family and of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--items", type=int, default=10_000, help="images (default 10,000)")
    parser.add_argument("--units", type=int, default=512, help="components (default 512)")
    parser.add_argument("--firings", type=int, default=16, help="firings an image (default 16)")
    parser.add_argument("--threads", type=int, default=2, help="threads (default 2)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, the fastest counts (default 3)")
    options = parser.parse_args()
    python, machine = platform.python_version(), platform.machine()
    print(f"{machine}, {options.threads} threads, Python {python}, numpy {np.__version__}")
    print(f"{options.items:,} images, {options.units} components, {options.firings} firings an image")
    numba.set_num_threads(min(options.threads, numba.config.NUMBA_NUM_THREADS))
    world = World(options.items, options.units, options.firings)
    with threadpool_limits(options.threads):
        times = {
            kind: {name: fastest(call, options.rounds) for name, call in world.calls(codes).items()}
            for kind, codes in world.layouts.items()
        }
        print_table(times)
        for kind, codes in world.layouts.items():
            print(f"evaluate, {kind}: {fastest(lambda codes=codes: world.evaluate(codes), 1):.1f} s")


class World:
    """Random arrays of everything that a measure can ask for."""

    def __init__(self, items: int, units: int, firings: int) -> None:
        rng = np.random.default_rng(0)
        self.layouts = {kind: draw(rng, items, units, firings, kind) for kind in ("dense", "CSR")}
        self.others = draw(rng, items, units, firings, "dense")
        self.labels = rng.integers(0, CLASSES, items)
        self.concepts = rng.random((items, CONCEPTS)) < 0.15
        self.embeddings = rng.normal(size=(items, DIMENSIONS)).astype(np.float32)
        self.x = rng.normal(size=(items, NEURONS)).astype(np.float32)
        self.x_hat = self.x + 0.1 * rng.normal(size=self.x.shape).astype(np.float32)
        self.logits, self.spliced = rng.normal(size=(2, items, CLASSES)).astype(np.float32)
        self.ablated = -4 * np.eye(CLASSES, dtype=np.float32)[self.labels]
        self.after = rng.normal(size=(units, items, CLASSES)).astype(np.float32)
        self.removed = rng.normal(size=(CLASSES, items, CLASSES)).astype(np.float32)
        self.atoms, self.other_atoms = rng.normal(size=(2, units, NEURONS)).astype(np.float32)
        self.claims = np.arange(units) % 10 == 0
        self.effects = rng.normal(size=(2, units, CLASSES))

    def calls(self, codes: np.ndarray | sparse.csr_array) -> dict[str, Callable[[], object]]:
        """A call of every measure of the registry, by name."""
        w = self
        dense = codes if isinstance(codes, np.ndarray) else codes.toarray()
        by_class = (codes, w.labels, CLASSES)
        by_concept = (codes, w.concepts)
        through = (w.logits, w.spliced)
        present = w.others != 0
        arguments: dict[str, tuple[object, ...]] = {
            **dict.fromkeys(("accuracy", "cross_entropy"), (w.spliced, w.labels)),
            **dict.fromkeys(("agreement", "kl_divergence"), through),
            "loss_recovered": (*through, w.ablated, w.labels),
            **dict.fromkeys(("dead_fraction", "density", "l0"), (codes,)),
            **dict.fromkeys(("fvu", "explained_variance", "shrinkage"), (w.x, w.x_hat)),
            **dict.fromkeys(
                (
                    "class_information",
                    "class_selectivity",
                    "concept_separability",
                    "dominant_firing",
                    "dominant_mass",
                ),
                by_class,
            ),
            **dict.fromkeys(("clarity", "monosemanticity_score", "polysemanticity"), (codes, w.embeddings)),
            **dict.fromkeys(
                (
                    "concept_coverage",
                    "concept_average_precision",
                    "concept_f1",
                    "concept_iou",
                    "concept_share",
                    "interval_precision",
                ),
                by_concept,
            ),
            "concept_generality": (*by_concept, w.labels, CLASSES),
            "counterfactual_response": (codes, codes[::-1], w.claims),
            "direct_effect_agreement": tuple(w.effects),
            "dose_response": (dense, w.logits, w.after),
            **dict.fromkeys(("effect_specificity", "flip_rate"), (w.logits, w.after, dense != 0)),
            "targeted_removal": (w.logits, w.removed, w.labels),
            "universality": (codes, w.others),
            **dict.fromkeys(
                ("matched_cosine", "share_matched", "mean_max_cosine", "uniqueness"), (w.atoms, w.other_atoms)
            ),
            "matched_correlation": (codes, w.others),
            **dict.fromkeys(
                ("recovery_f1", "recovery_precision", "recovery_recall"),
                (codes, w.atoms, present, w.other_atoms),
            ),
        }
        found: dict[str, Callable[[], object]] = {
            name: lambda name=name: measures.registry()[name].function(*arguments[name]) for name in arguments
        }
        # The reader's predictions are part of the measure: they are what takes time. The second measure of
        # simulation looks at the same ones.
        found["simulation_score"] = lambda: measures.simulation_score(codes, w.read())
        found["interval_simulation"] = lambda: measures.interval_simulation(codes, w.predicted)
        return {name: found[name] for name in measures.registry()}

    def read(self) -> np.ndarray:
        """What exemplars foretell of the codes."""
        return measures.simulate(self.embeddings, self.others, self.embeddings)

    @cached_property
    def predicted(self) -> np.ndarray:
        """The same, foretold once."""
        return self.read()

    def evaluate(self, codes: np.ndarray | sparse.csr_array) -> object:
        """One whole evaluation, with intervals and nulls."""
        known = measures.evidence(
            measures.resample(len(self.labels)),
            labels=self.labels,
            n_classes=CLASSES,
            embeddings={"encoder": self.embeddings},
            concepts=self.concepts,
        )
        return measures.evaluate(codes, known, name="units", reconstruction=(self.x, self.x_hat))


def draw(
    rng: np.random.Generator, items: int, units: int, firings: int, kind: str
) -> np.ndarray | sparse.csr_array:
    """Codes above zero, as many of them an item as a TopK dictionary gives."""
    unit = np.argsort(rng.random((items, units)), axis=1)[:, :firings].reshape(-1)
    item = np.repeat(np.arange(items), firings)
    values = rng.exponential(size=item.size).astype(np.float32)
    codes = sparse.csr_array(sparse.coo_array((values, (item, unit)), shape=(items, units)))
    return codes if kind == "CSR" else codes.toarray()


def fastest(call: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of some calls, after one that does not count."""
    times = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def print_table(times: dict[str, dict[str, float]]) -> None:
    """Milliseconds, family by family."""
    print(f"{'':28s}" + "".join(f"{kind:>10s}" for kind in times) + "   ms")
    records = measures.registry()
    for family in measures.FAMILIES:
        names = [name for name, record in records.items() if record.family == family]
        print(f"{family:28s}" + "".join(f"{1e3 * sum(t[n] for n in names):10.0f}" for t in times.values()))
        for name in names:
            print(f"  {name:26s}" + "".join(f"{1e3 * t[name]:10.1f}" for t in times.values()))
    print(f"{'all':28s}" + "".join(f"{1e3 * sum(t.values()):10.0f}" for t in times.values()))


if __name__ == "__main__":
    main()
