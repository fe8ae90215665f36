"""What ablating single units does to the logits: the sums behind the measures of cause.

The error of a dictionary is kept: what is taken away is a unit's own part, ``code * atom``, from the layer's
true output. Neurons and the components of any dictionary thus start from the same logits, those of the
network as it is.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from sememe.judging.subject import Subject
from sememe.measures import EffectSums, direct_effect_agreement
from sememe.measures.rank_totals import RankSums
from sememe.measures.totals import Sums

ABLATIONS = ("zero", "mean", "resample")
# Floats of edited outputs held at a time.
_MOST = 2**24


@dataclass(frozen=True, eq=False)
class Effects:
    """What an evaluation takes: sums by kind and variant, and values by measure."""

    sums: dict[str, Sums]
    values: dict[str, Float[np.ndarray, " units"]]


def unit_effects(
    subject: Subject,
    spliced: sparse.csr_array,
    components: Float[np.ndarray, "components neurons"],
    scored: Int[np.ndarray, " units"],
    seed: int,
) -> Effects:
    """Ablate each unit on a few images that fire it: to zero, to its mean, to its code on another image.

    Args:
        subject: the layer.
        spliced: codes of all items of the images in the tail, ``(images * positions, components)``.
        components: the atoms.
        scored: the units.
        seed: of the draw of images, and of the images that codes are resampled from.
    """
    tail = subject.tail
    n_images, n_positions, _ = tail.items.shape
    codes = spliced[:, scored].toarray().reshape(n_images, n_positions, scored.size)
    rng = np.random.default_rng([seed, 14])
    pairs = _drawn(codes, subject.limits.effect_images, rng)
    resampled = others(n_images, rng)
    mean = codes.mean(axis=(0, 1))
    group = subject.evidence.resampling.group[subject.spliced]
    n_groups, n_classes = subject.evidence.resampling.n_groups, tail.logits.shape[1]
    sums = {kind: EffectSums(scored.size, n_classes, n_groups) for kind in ABLATIONS}
    moved = np.zeros((n_images, scored.size, n_classes), np.float32)
    for unit, images in _batches(pairs, tail.items[0].size):
        here = codes[images, :, unit]
        instead = {"zero": 0.0, "mean": mean[unit][:, None], "resample": codes[resampled[images], :, unit]}
        atoms = components[scored[unit]]
        for kind, code in instead.items():
            change = (code - here)[:, :, None] * atoms[:, None, :]
            after = tail((tail.items[images] + change).astype(np.float32), images)
            if kind == "zero":
                moved[images, unit] = after - tail.logits[images]
            for number in np.unique(unit):
                own = unit == number
                sums[kind].update(int(number), tail.logits[images[own]], after[own], None, group[images[own]])
    taken = np.zeros((n_images, scored.size), bool)
    taken[pairs[1], pairs[0]] = True
    total = np.abs(moved).sum(axis=0)
    most = np.abs(np.take_along_axis(moved, total.argmax(axis=1)[None, :, None], axis=2)[..., 0])
    strength = np.abs(codes).sum(axis=1)
    found: dict[str, Sums] = {f"effect[{kind}]": given for kind, given in sums.items()}
    found["dose"] = RankSums(strength, most, group, n_groups, taken=taken)
    measured = _per_image(moved.sum(axis=0), taken)
    predicted = -_per_image(
        np.einsum("ipu,cpu->uc", np.where(taken[:, None], codes, 0.0), _gains(subject, components[scored])),
        taken,
    )
    return Effects(found, {"direct_effect_agreement": direct_effect_agreement(predicted, measured)})


def others(n_images: int, rng: np.random.Generator) -> Int[np.ndarray, " images"]:
    """For each image another one, drawn at random; each is drawn once. A single image has no other.

    The images stand in a random circle and each takes its neighbour, so that none is given itself.
    """
    circle = rng.permutation(n_images)
    other = np.empty_like(circle)
    other[circle] = np.roll(circle, 1)
    return other


def _gains(
    subject: Subject, atoms: Float[np.ndarray, "units neurons"]
) -> Float[np.ndarray, "classes positions units"]:
    """What the weights alone say that a unit of code does to each logit, at each position.

    The mean Jacobian of the rest of the network: its weights where it is linear, else a linear stand-in.
    """
    return np.asarray(subject.jacobian @ atoms.T.astype(np.float64))


def _drawn(
    codes: Float[np.ndarray, "images positions units"], most: int, rng: np.random.Generator
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Units and images that fire them, at most so many images a unit."""
    fires = (codes != 0).any(axis=1)
    # One order of the images for all units: sets that fire alike are ablated on the same images.
    order = rng.permutation(fires.shape[0])
    image, unit = np.nonzero(fires[order] & (np.cumsum(fires[order], axis=0) <= most))
    by_unit = np.argsort(unit, kind="stable")
    return unit[by_unit], order[image[by_unit]]


def _batches(
    pairs: tuple[np.ndarray, np.ndarray], size: int
) -> list[tuple[Int[np.ndarray, " some"], Int[np.ndarray, " some"]]]:
    step = max(1, _MOST // size)
    return [
        (pairs[0][start : start + step], pairs[1][start : start + step])
        for start in range(0, pairs[0].size, step)
    ]


def _per_image(
    total: Float[np.ndarray, "units classes"], taken: np.ndarray
) -> Float[np.ndarray, "units classes"]:
    return np.asarray(total / np.maximum(taken.sum(axis=0), 1)[:, None], np.float64)
