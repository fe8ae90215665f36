"""Who takes part in the study of monosemanticity: families of dictionaries and controls, point by point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sememe.errors import RunError, choices
from sememe.judging import Source
from sememe.recipes import Sweep
from sememe.recipes.digit_layers import DIGIT_LAYERS, FAMILIES, DigitLayer
from sememe.studies.scoring import powers_of_two

Seeds = Literal["one", "all"]
"""On every network, the first dictionary seed or every one."""


@dataclass(frozen=True)
class Entry:
    """One sweep, what it reads, and how many seeds of it are fitted on each network."""

    sweep: Sweep
    seeds: Seeds
    source: Source = "layer"
    beside: bool = False
    """Scored and compared as all are, but not what the verdict is about: that is the default, which was
    chosen on other images and seeds. The best of many, picked by the scores reported, would look better than
    it is."""

    @property
    def is_default(self) -> bool:
        """Whether the verdict is about it."""
        return self.sweep.kind == "features" and not self.beside

    def settings(self, value: float) -> dict[str, Any]:
        """What tells one point of the family from another, without the seed."""
        return self.sweep.parameters(value)

    def point(self, value: float) -> str:
        """The name of a point, and of its folder."""
        size = dict(self.sweep.fixed).get("n_components")
        name = self.sweep.title.replace(" ", "-")
        return f"{name}-{self.sweep.parameter}{value:g}" + (f"-of{size}" if size else "")


@dataclass(frozen=True)
class Shape:
    """What a study asks of the dictionaries on a layer."""

    layer: DigitLayer
    k: tuple[int, ...]
    """Sparsities, from sparse to faithful."""
    l0: float
    """The sparsity at which unit sets are compared."""


SHAPES = {
    "hidden1": Shape(DIGIT_LAYERS["hidden1"], (4, 6, 8, 10), 4.0),
    "hidden2": Shape(DIGIT_LAYERS["hidden2"], (2, 4, 6, 8), 4.0),
    "conv2": Shape(DIGIT_LAYERS["conv2"], (3, 4, 5, 8), 4.0),
    "fc1": Shape(DIGIT_LAYERS["fc1"], (8, 12, 16, 24), 16.0),
}

_ICA = (("max_items", 10_000), ("max_iter", 200), ("tolerance", 0.05))
_JUMP = (3.0, 1.0, 0.3, 0.1)  # weights of JumpReLU's L0, from sparse to faithful


def chosen_families(given: str | None, default: Sequence[str]) -> tuple[str, ...]:
    """Families named with commas between them, or the default."""
    names = tuple(default) if given is None else tuple(name.strip() for name in given.split(","))
    for name in names:
        if name not in FAMILIES:
            raise RunError(f"There is no family {name!r}{choices(name, FAMILIES)}.")
    return tuple(dict.fromkeys(names))


def lineup(
    shape: Shape,
    families: Sequence[str],
    k: tuple[int, ...],
    steps: int,
    costly: bool,
    all_wide: bool = False,
) -> tuple[Entry, ...]:
    """Neurons first, then the families of dictionaries, then the controls.

    Args:
        shape: of the layer.
        families: keys of :data:`FAMILIES`. The verdict is about the layer's default if it is among them, else
            about the first; the others stand beside it, with one seed on every network. None: the default
            alone.
        k: sparsities of dictionaries.
        steps: of those that are trained.
        costly: with the controls that take seconds to fit: ICA, NMF, and trained ones.
        all_wide: with a wide dictionary of every family, and not of the first alone.
    """
    layer = shape.layer
    size = (("n_components", layer.n_components),)
    trained = (*size, ("max_steps", steps))
    wide = (("n_components", layer.wide),)
    kept = powers_of_two(2, layer.neurons)
    found = [Entry(Sweep("neurons", "Neurons", "neurons", "k", kept), "one")]
    default = families[0] if families and layer.family not in families else layer.family
    ordered = [default, *(name for name in families if name != default)]
    for name in ordered:
        beside = name != default
        found.append(Entry(_features(name, k, trained), "one" if beside else "all", beside=beside))
    for name in ordered if all_wide else [default]:
        sweep = _features(name, k, (*wide, ("max_steps", steps)), before="wide ")
        found.append(Entry(sweep, "one", beside=True))
    both, passes = (layer.n_components, layer.wide), (("n_epochs", 2),)
    found += [
        Entry(Sweep("rotated neurons", "RotatedNeurons", "control", "k", kept), "one"),
        Entry(Sweep("random directions", "RandomDictionary", "control", "k", k, size), "all"),
        Entry(Sweep("wide random directions", "RandomDictionary", "control", "k", kept, wide), "one"),
        Entry(Sweep("stored activations", "StoredActivations", "control", "k", k, size), "all"),
        Entry(Sweep("wide stored activations", "StoredActivations", "control", "k", k, wide), "one"),
        Entry(Sweep("k-means", "KMeans", "control", "n_components", both, passes), "one"),
        Entry(Sweep("PCA", "PCA", "control", "k", kept), "one"),
    ]
    if costly:
        ends = tuple(dict.fromkeys((int(shape.l0), k[-1])))
        same = FAMILIES[default][1] if default != "jumprelu" else "TopKSAE"  # the others are swept over k
        narrow = tuple(sorted({max(2, layer.neurons // share) for share in (8, 4, 2)}))
        found += [
            Entry(Sweep("ICA", "FastICA", "control", "k", kept, _ICA), "one"),
            Entry(Sweep("NMF", "NMF", "control", "n_components", narrow, passes), "one"),
            Entry(Sweep("VQ codebook", "CodebookVQ", "control", "n_components", both[1:], passes), "one"),
            Entry(Sweep("frozen decoder", "FrozenDecoderSAE", "control", "k", ends, trained), "one"),
            Entry(Sweep("untrained network", same, "control", "k", ends, trained), "one", "untrained"),
            # Hundreds of pixels are never given back by so few components: equal sparsity is what can be met.
            Entry(Sweep("pixels", same, "control", "k", ends[:1], trained), "one", "pixels"),
        ]
    return tuple(found)


def _features(name: str, k: tuple[int, ...], fixed: tuple[tuple[str, Any], ...], before: str = "") -> Sweep:
    """A family of dictionaries, from sparse to faithful."""
    title, kind = FAMILIES[name]
    swept: tuple[str, tuple[float, ...]] = ("l0_coefficient", _JUMP) if name == "jumprelu" else ("k", k)
    return Sweep(before + title, kind, "features", *swept, fixed)
