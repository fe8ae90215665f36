"""The Unit page's second sight: what happens to the logits when a unit is taken away or turned up."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from sememe.explanations import (
    ClassEffects,
    DoseCurve,
    LogitEffect,
    Means,
    ablation_by_class,
    dose_curve,
    logit_effect,
    scaled,
)
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.forward import CannotRun, Forward
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views.common import OpenedUnit, UnitAddress, opened_unit

DOSES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
# Images that are passed through the network; every position of a map is encoded, so there fewer.
_MOST_IMAGES, _MOST_MAPS = 400, 100


@dataclass(frozen=True, eq=False)
class EffectsPage:
    """What a unit causes, on a seeded sample of the images that fire it."""

    images: int  # that were looked at
    firing: int  # images that fire it at all
    effect: LogitEffect | None  # per 1 of activation; None: the unit is dead
    by_class: ClassEffects | None  # None: dead, or images have no classes
    doses: DoseCurve | None
    why_not: str = ""  # one sentence where nothing could be measured


def unit_effects(run: RunData, address: UnitAddress) -> EffectsPage:
    """Ablate a unit and turn it up and down; the reconstruction's error is kept, as in every edit here."""
    opened = opened_unit(run, address)
    if opened.unit_set.elsewhere is not None:
        return EffectsPage(0, 0, None, None, None, opened.unit_set.elsewhere)
    try:
        network = opened.layer.forward()
    except CannotRun as reason:
        return EffectsPage(0, 0, None, None, None, str(reason))
    firing = np.unique(opened.layer.items.image[np.flatnonzero(opened.code)])
    if not len(firing):
        return EffectsPage(0, 0, None, None, None, "This unit never fires, so it causes nothing.")
    most = min(
        _MOST_IMAGES if opened.layer.items.grid is None else _MOST_MAPS, network.patience // (1 + len(DOSES))
    )
    some = np.sort(np.random.default_rng([0, address.unit]).permutation(firing)[:most])
    seen = Stage.of(run, network, opened, some)
    before = seen.logits(1.0)
    after = {dose: seen.logits(dose) for dose in DOSES}
    labels = run.images.labels
    return EffectsPage(
        images=len(seen.image),
        firing=len(firing),
        effect=_effect(network, opened, before, after[0.0], seen.activation),
        by_class=None if labels is None else ablation_by_class(before, after[0.0], labels[seen.image]),
        doses=dose_curve(before, np.stack([after[dose] for dose in DOSES]), np.array(DOSES)),
    )


def _effect(
    network: Forward,
    opened: OpenedUnit,
    before: Float[np.ndarray, "images classes"],
    after: Float[np.ndarray, "images classes"],
    activation: Float64[np.ndarray, " images"],
) -> LogitEffect | None:
    """Read from the weights where the way to the logits is linear, else measured by ablation."""
    weights = network.logit_weights(opened.layer.layer)
    if weights is not None:
        exact = (weights @ opened.unit_set.components[opened.unit]).astype(np.float64)
        return LogitEffect(Means(exact, exact, exact, len(before)), True)
    if not activation.any():  # fires at positions that no activation sums up to anything
        return None
    return logit_effect(before, after, activation)


@dataclass(frozen=True, eq=False)
class Stage:
    """Some images in front of the layer, where one unit's code can be scaled."""

    network: Forward
    layer: str
    pixels: Float32[np.ndarray, "images channels height width"]
    values: Float32[np.ndarray, "images ..."]  # the layer's activation: (images, neurons) or a map
    code: Float32[np.ndarray, " items"]  # of the unit, positions of an image one after the other
    atom: Float32[np.ndarray, " neurons"]
    image: Int64[np.ndarray, " images"]  # rows of the run's images

    @classmethod
    def of(
        cls, run: RunData, network: Forward, opened: OpenedUnit, image: Int64[np.ndarray, " images"]
    ) -> "Stage":
        """The layer's activations on some images, all positions, and the unit's code there."""
        layer = opened.layer
        pixels = run.images.floats(image)
        values = network.values(layer.layer, pixels)
        # Where an image is one item, its codes are known: encoding hundreds anew takes a pursuit a second.
        rows = np.flatnonzero(np.isin(layer.items.image, image))
        if values.ndim == 2 and np.array_equal(layer.items.image[rows], image):
            code = opened.code[rows].astype(np.float32)
        else:
            codes = opened.unit_set.dictionary.transform(values.reshape(-1, values.shape[-1]))
            code = np.asarray(codes[:, [opened.unit]].todense(), dtype=np.float32).ravel()
        return cls(network, layer.layer, pixels, values, code, opened.unit_set.components[opened.unit], image)

    def logits(self, factor: float) -> Float32[np.ndarray, "images classes"]:
        """Logits with the unit's code multiplied by ``factor``."""
        items = self.values.reshape(-1, self.values.shape[-1])
        given = scaled(items, self.code, self.atom, factor).astype(np.float32)
        return self.network.logits_with(self.layer, self.pixels, given.reshape(self.values.shape))

    @property
    def activation(self) -> Float64[np.ndarray, " images"]:
        """The unit's code on each image, summed over positions."""
        return self.code.reshape(len(self.image), -1).sum(axis=1, dtype=np.float64)

    @property
    def heat(self) -> Float32[np.ndarray, "images rows columns"] | None:
        """The unit's code at every position; None where the layer has no map."""
        return self.code.reshape(self.values.shape[:3]) if self.values.ndim == 4 else None


ENDPOINTS = (Endpoint("unit-effects", unit_effects, UnitAddress),)
