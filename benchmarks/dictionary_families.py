"""Every registered dictionary on two layers of the digit CNN: how faithful, how sparse, how quick.

    python benchmarks/dictionary_families.py [--threads 2] [--only NAME ...] [--write]

`digit_cnn` (seed 0) on MNIST; `fc1` (128 neurons, an item an image) and `conv2` (32 neurons, 2 positions an
image, drawn at random). Fitted on the 60,000 training images, scored on the last 5,000 test images (of
`conv2`: 8 positions of each). 512 components and k = 8 where a family has them; where sparsity is a
coefficient, the one that came nearest to 8 components an item on the *first* 5,000 test images, among powers
of 2 times its default. Two `random_state`s; mean and half the difference. `--write` puts the
tables into docs/results.md.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from markdown_tables import put_between_markers, spread
from sememe import activations, dictionaries, images, measures, networks
from sememe.dictionaries import Crosscoder, Dictionary, Transcoder
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.errors import SememeError

PAGE = Path(__file__).parent.parent / "docs" / "results.md"
SEEDS = (0, 1)
# Items of a fit that compiles what has to be compiled, before the clock runs.
_WARM_UP = 2_000
WIDE = {"n_components": 512, "k": 8}

# Chosen on the first half of the test split; see `--choose`.
COEFFICIENTS: dict[str, dict[str, float]] = {
    "fc1": {"L1SAE": 4.0, "PAnnealedSAE": 1.0, "GatedSAE": 3.0, "JumpReLUSAE": 1.0},
    "conv2": {"L1SAE": 1.0, "PAnnealedSAE": 0.5, "GatedSAE": 1.5, "JumpReLUSAE": 0.5},
}
CHOSEN = {
    "L1SAE": "l1_coefficient",
    "PAnnealedSAE": "l1_coefficient",
    "GatedSAE": "l1_coefficient",
    "JumpReLUSAE": "l0_coefficient",
}

# What is fitted: a family, what it is called, and settings other than 512 components and k = 8.
VARIANTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("SAEs", "TopKSAE", {}),
    ("SAEs", "BatchTopKSAE", {}),
    ("SAEs", "MatryoshkaSAE", {}),
    ("SAEs", "ArchetypalSAE", {}),
    ("SAEs", "ArchetypalSAE", {"relaxation": 0.0}),
    ("SAEs", "MatchingPursuitSAE", {}),
    ("SAEs", "L1SAE", {}),
    ("SAEs", "PAnnealedSAE", {}),
    ("SAEs", "GatedSAE", {}),
    ("SAEs", "JumpReLUSAE", {}),
    ("several layers", "Crosscoder", {}),
    ("several layers", "Transcoder", {}),
    ("several layers", "SkipTranscoder", {}),
    ("classical", "PCA", {}),
    ("classical", "FastICA", {"max_items": 20_000, "max_iter": 200}),
    ("classical", "NMF", {"n_components": 32}),
    ("classical", "SemiNMF", {"n_components": 32}),
    ("classical", "KMeans", {}),
    ("classical", "SparseCoding", {}),
    ("vector quantisation", "CodebookVQ", {}),
    ("vector quantisation", "ResidualVQ", {}),
    ("vector quantisation", "ProductVQ", {}),
    ("vector quantisation", "FSQ", {}),
    ("vector quantisation", "TopKCodebook", {}),
    ("controls", "Neurons", {"k": None}),
    ("controls", "Neurons", {}),
    ("controls", "RotatedNeurons", {}),
    ("controls", "RandomDictionary", {}),
    ("controls", "RandomDictionary", {"codes": "least_squares"}),
    ("controls", "RandomDictionary", {"codes": "projection"}),
    ("controls", "StoredActivations", {}),
    ("controls", "FrozenDecoderSAE", {}),
    ("controls", "FrozenEncoderSAE", {}),
)


@dataclass(frozen=True, eq=False)
class Split:
    """Items of one layer, and what the families of several layers take beside them."""

    values: np.ndarray
    """``(items, neurons)``."""
    computed_from: np.ndarray
    """``(items, inputs)``: what the network computes the layer from; read by transcoders."""
    earlier: np.ndarray
    """``(items, neurons before)``: the layer before, for the crosscoder."""

    def first(self, n: int) -> "Split":
        """The first ``n`` items."""
        return Split(self.values[:n], self.computed_from[:n], self.earlier[:n])


def fc1_split(net: networks.Network, pictures: images.ImageSet, positions: int) -> Split:
    """`fc1`, the pooled map that it is computed from, and the greatest activation of each `conv2` channel."""
    values = activations.harvest(net, pictures, "fc1").values
    pooled = activations.harvest(net, pictures, "pool").values.reshape(len(pictures), -1)
    earlier = activations.harvest(net, pictures, "conv2", pool="max").values
    return Split(np.asarray(values), pooled, np.asarray(earlier))


def conv2_split(net: networks.Network, pictures: images.ImageSet, positions: int) -> Split:
    """`conv2` at some positions, the 3 x 3 patch of `conv1` below each, and the middle of that patch."""
    found = activations.harvest(net, pictures, "conv2", positions_per_image=positions)
    patches = []
    row, column = np.asarray(found.position).T
    for start in range(0, len(pictures), 10_000):
        some = pictures[start : start + 10_000]
        below = activations.harvest(net, some, "conv1")
        assert below.grid is not None
        maps = below.values.reshape(len(some), *below.grid, -1)
        here = (found.image >= start) & (found.image < start + len(some))
        image = found.image[here] - start
        offsets = [(down, right) for down in range(3) for right in range(3)]
        taken = [maps[image, row[here] + down, column[here] + right] for down, right in offsets]
        patches.append(np.concatenate(taken, axis=1))
    computed_from = np.concatenate(patches)
    n_channels = computed_from.shape[1] // 9
    return Split(np.asarray(found.values), computed_from, computed_from[:, 4 * n_channels : 5 * n_channels])


SPLITS: dict[str, Callable[[networks.Network, images.ImageSet, int], Split]] = {
    "fc1": fc1_split,
    "conv2": conv2_split,
}


@dataclass(frozen=True)
class Result:
    """One fitted dictionary on the report split."""

    fvu: float
    l0: float
    dead: float
    seconds: float
    n_components: int


def dictionary_of(name: str, settings: dict[str, Any], seed: int) -> Dictionary:
    """The unfitted dictionary: 512 components and k = 8, where it has them and nothing else is told."""
    kind = dictionaries.registry()[name]
    known = kind._get_param_names()
    told: dict[str, Any] = {**WIDE, "random_state": seed, "sparse_output": True} | settings
    if name in ("PCA", "FastICA"):
        told["n_components"] = None  # as many as there are neurons
    return kind(**{key: value for key, value in told.items() if key in known})


def measure(name: str, settings: dict[str, Any], seed: int, fit: Split, report: Split) -> Result:
    """Fit one dictionary and score it on items that nothing was fitted on."""
    dictionary = dictionary_of(name, settings, seed)
    begun = time.perf_counter()
    if isinstance(dictionary, Crosscoder):
        dictionary.set_params(splits=(fit.earlier.shape[1], fit.values.shape[1]))
        dictionary.fit(np.concatenate([fit.earlier, fit.values], axis=1))
        seconds = time.perf_counter() - begun
        x = np.concatenate([report.earlier, report.values], axis=1)
        fvu, codes = float(dictionary.fvu_by_layer(x)[1]), dictionary.transform(x)
    elif isinstance(dictionary, Transcoder):
        dictionary.fit(fit.computed_from, fit.values)
        seconds = time.perf_counter() - begun
        fvu = measures.fvu(report.values, dictionary.predict(report.computed_from))
        codes = dictionary.transform(report.computed_from)
    else:
        dictionary.fit(fit.values)
        seconds = time.perf_counter() - begun
        codes = dictionary.transform(report.values)
        fvu = measures.fvu(report.values, dictionary.inverse_transform(codes))
    return Result(
        fvu, measures.l0(codes), measures.dead_fraction(codes), seconds, len(dictionary.components_)
    )


# Settings that stand beside the name, where they are not as usual.
_NAMED = ("k", "codes", "relaxation")


def title(name: str, settings: dict[str, Any]) -> str:
    """``"RandomDictionary, codes=projection"``: settings that tell variants of a family apart."""
    told = {key: value for key, value in settings.items() if key in _NAMED or key in CHOSEN.values()}
    return ", ".join([f"`{name}`", *(f"{key}={value}" for key, value in told.items())])


def row(name: str, settings: dict[str, Any], fit: Split, report: Split) -> str:
    """A line of the table; families that the layer is nothing for say why."""
    try:
        if issubclass(dictionaries.registry()[name], SparseAutoencoder):
            measure(name, settings, 0, fit.first(_WARM_UP), report.first(_WARM_UP))
        found = [measure(name, settings, seed, fit, report) for seed in SEEDS]
    except SememeError as error:
        return f"| {title(name, settings)} | | | | | {error} |"
    cells = [
        str(found[0].n_components),
        spread([one.fvu for one in found], ".4f"),
        spread([one.l0 for one in found], ".1f"),
        spread([100 * one.dead for one in found], ".1f") + " %",
        f"{np.mean([one.seconds for one in found]):.1f}",
    ]
    return f"| {title(name, settings)} | {' | '.join(cells)} |"


def choose(layer: str, name: str, fit: Split, develop: Split) -> float:
    """The coefficient that comes nearest to 8 components an item on the development split."""
    parameter = CHOSEN[name]
    default = getattr(dictionaries.registry()[name](), parameter)
    tried = {}
    for power in range(-1, 4):
        value = default * 2.0**power
        tried[value] = measure(name, {parameter: value}, 100, fit, develop).l0
    return min(tried, key=lambda value: abs(np.log(max(tried[value], 1e-3) / 8)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", nargs="*", help="names of the dictionaries to fit")
    parser.add_argument("--layers", nargs="*", default=list(SPLITS))
    parser.add_argument("--write", action="store_true", help="put the tables into docs/results.md")
    parser.add_argument("--choose", action="store_true", help="find the coefficients instead")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    threadpool_limits(options.threads)
    warnings.simplefilter("ignore")  # scikit-learn's about convergence; what comes out is in the table
    train, test = images.mnist("train"), images.mnist("test")
    net = networks.digit_cnn(seed=0)
    networks.train(net, train, seed=0)
    begun = time.perf_counter()
    for layer in options.layers:
        fit = SPLITS[layer](net, train, 2)
        if options.choose:
            develop = SPLITS[layer](net, test[:5000], 8)
            for name, parameter in CHOSEN.items():
                print(layer, name, parameter, choose(layer, name, fit, develop), flush=True)
            continue
        report = SPLITS[layer](net, test[-5000:], 8)
        lines = [
            f"`{layer}`: {fit.values.shape[1]} neurons, fitted on {len(fit.values):,} items, scored on "
            f"{len(report.values):,}.",
            "",
            "| dictionary | components | FVU | components an item (L0) | dead | seconds to fit |",
            "|---|---|---|---|---|---|",
        ]
        print("\n".join(lines), flush=True)
        family = ""
        for group, name, settings in VARIANTS:
            if options.only and name not in options.only:
                continue
            if group != family:
                lines.append(f"| *{group}* | | | | | |")
                family = group
            told = settings
            if name in COEFFICIENTS[layer]:
                told = {**settings, CHOSEN[name]: COEFFICIENTS[layer][name]}
            lines.append(row(name, told, fit, report))
            print(lines[-1], flush=True)
        if options.write:
            put_between_markers(PAGE, layer, lines)
    print(f"{time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
