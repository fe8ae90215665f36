"""What a unit causes: changes of the logits when it is taken away, or turned up and down.

Everything here works on logits before and after an intervention. The intervention is the same for a neuron
and for a component of any dictionary, because reconstruction is affine: scaling a unit's code ``c`` by ``s``
moves the activation by ``(s - 1) c`` times its atom and leaves everything else, the reconstruction's error
included, as it is (:func:`scaled`). For a neuron the atom is its axis.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError
from sememe.explanations.interval import Means, means

# Relative deviation up to which the effect of one unit of activation counts as the same on every image.
_SAME = 1e-3


def scaled(
    values: Real[np.ndarray, "items neurons"],
    code: Real[np.ndarray, " items"],
    atom: Real[np.ndarray, " neurons"],
    factor: float,
) -> Float[np.ndarray, "items neurons"]:
    """Activations with one unit's code multiplied by ``factor``: 0 ablates it, 2 doubles it.

    >>> scaled(np.array([[3.0, 1.0]]), np.array([3.0]), np.array([1.0, 0.0]), 0.0).tolist()
    [[0.0, 1.0]]
    """
    return values + (factor - 1) * np.outer(code, atom).astype(values.dtype)


@dataclass(frozen=True, eq=False)
class LogitEffect:
    """How far one unit of activation moves each logit."""

    effect: Means  # (classes,): change of each logit per 1 of activation
    exact: bool  # the same on every image, as where all that follows is linear; else a mean


def logit_effect(
    before: Float[np.ndarray, "images classes"],
    after: Float[np.ndarray, "_ _"],
    activation: Real[np.ndarray, " _"],
) -> LogitEffect:
    """What a unit writes: how far each logit moves per 1 of its activation, from its ablation.

    ``sum_i a_i d_i / sum_i a_i^2`` with ``d = before - after``: the least-squares slope through zero. Where
    the layers that follow are linear the effect is the same on every image, the slope is it, and ``exact``
    says so; the interval then is the value itself.

    Args:
        before: logits as they are.
        after: logits with the unit ablated.
        activation: the unit's code on each image, summed over positions.

    Raises:
        MeasureError: shapes that differ, values that are not finite, or a unit that never fires.

    >>> found = logit_effect(np.array([[2.0, 1.0], [4.0, 1.0]]), np.ones((2, 2)), np.array([1.0, 3.0]))
    >>> found.effect.value.tolist(), found.exact
    ([1.0, 0.0], True)
    """
    _check(before, after, len(activation))
    amount = activation.astype(np.float64)[:, None]
    squares = float((amount**2).sum())
    if squares == 0:
        raise MeasureError("The unit fires on none of these images: an effect needs firings.")
    moved = before.astype(np.float64) - after
    slope = (amount * moved).sum(axis=0) / squares
    rest = moved - amount * slope
    exact = bool(np.abs(rest).max() <= _SAME * max(np.abs(moved).max(), np.finfo(np.float32).tiny))
    if exact:
        return LogitEffect(Means(slope, slope, slope, len(moved)), True)
    # The influence of each image on the slope; its mean is zero, its spread is the slope's.
    influence = amount * rest * len(moved) / squares
    spread = means(slope + influence)
    return LogitEffect(Means(slope, spread.low, spread.high, len(moved)), False)


@dataclass(frozen=True, eq=False)
class ClassEffects:
    """What ablating a unit does to the images of each class."""

    images: Int[np.ndarray, " classes"]  # images of each class that were looked at
    change: Float[np.ndarray, "classes logits"]  # mean change of each logit; NaN without images
    low: Float[np.ndarray, "classes logits"]
    high: Float[np.ndarray, "classes logits"]
    accuracy_before: Float[np.ndarray, " classes"]
    accuracy_after: Float[np.ndarray, " classes"]
    flips: Float[np.ndarray, " classes"]  # share of images whose prediction changes


def ablation_by_class(
    before: Float[np.ndarray, "images classes"],
    after: Float[np.ndarray, "_ _"],
    labels: Int[np.ndarray, " _"],
) -> ClassEffects:
    """The change of every logit when a unit is ablated, averaged over the images of each class.

    A unit that speaks for one class lowers that class's logit on its images and leaves others alone.
    Raises :class:`MeasureError` for shapes that differ, values that are not finite, labels out of range.

    >>> found = ablation_by_class(np.array([[2.0, 1.0]]), np.array([[0.5, 1.0]]), np.array([0]))
    >>> found.change[0].tolist(), found.flips[0].item(), found.images.tolist()
    ([-1.5, 0.0], 1.0, [1, 0])
    """
    _check(before, after, len(labels))
    n_classes = before.shape[1]
    if len(labels) and not 0 <= labels.min() <= labels.max() < n_classes:
        raise MeasureError(
            f"Labels must lie between 0 and {n_classes - 1}, but {labels.min()} to {labels.max()} came."
        )
    predicted = [logits.argmax(axis=1) for logits in (before, after)]
    rows = [np.flatnonzero(labels == c) for c in range(n_classes)]
    found = [means((after[r] - before[r]).astype(np.float64)) for r in rows]

    def share(of: Real[np.ndarray, " images"]) -> Float[np.ndarray, " classes"]:
        return np.array([of[r].mean() if len(r) else np.nan for r in rows], dtype=np.float64)

    return ClassEffects(
        images=np.array([len(r) for r in rows]),
        change=np.stack([one.value for one in found]),
        low=np.stack([one.low for one in found]),
        high=np.stack([one.high for one in found]),
        accuracy_before=share((predicted[0] == labels).astype(np.float64)),
        accuracy_after=share((predicted[1] == labels).astype(np.float64)),
        flips=share((predicted[0] != predicted[1]).astype(np.float64)),
    )


@dataclass(frozen=True, eq=False)
class DoseCurve:
    """How the logits follow a unit that is turned up and down on images that fire it."""

    factor: Float[np.ndarray, " doses"]  # what its code was multiplied by; 1 leaves everything as it is
    change: Float[np.ndarray, "doses classes"]  # mean change of each logit
    low: Float[np.ndarray, "doses classes"]
    high: Float[np.ndarray, "doses classes"]
    images: int


def dose_curve(
    before: Float[np.ndarray, "images classes"],
    after: Float[np.ndarray, "_ _ _"],
    factor: Float[np.ndarray, " doses"],
) -> DoseCurve:
    """Mean change of each logit at each dose.

    Raises :class:`MeasureError` for shapes that differ and values that are not finite.

    >>> dose_curve(np.zeros((2, 1)), np.ones((1, 2, 1)), np.array([2.0])).change.tolist()
    [[1.0]]
    """
    if after.shape != (len(factor), *before.shape):
        raise MeasureError(
            f"Logits {before.shape} at {len(factor)} doses call for {(len(factor), *before.shape)}; "
            f"these are {after.shape}."
        )
    found = [means((dosed - before).astype(np.float64)) for dosed in after]
    value, low, high = (
        np.stack([getattr(one, name) for one in found]).reshape(len(factor), -1)
        for name in ("value", "low", "high")
    )
    return DoseCurve(factor, value, low, high, before.shape[0])


def _check(before: np.ndarray, after: np.ndarray, n_images: int) -> None:
    if before.shape != after.shape or before.shape[0] != n_images:
        raise MeasureError(
            f"Logits before {before.shape} and after {after.shape} and {n_images} images do not fit together."
        )
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise MeasureError("Some logits are NaN or infinite: look at the network first.")
