"""The images that units are judged on, and what is known of them apart from the network under study.

Three splits: *exemplars* are images that dictionaries were fitted on, shown to whoever has to predict a unit;
what is chosen (the concept of a unit, the units of a class) is chosen on the *development* split; what is
said is said of the *report* split, which no choice has seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from torch import nn

from sememe import networks
from sememe.errors import MeasureError
from sememe.images import ImageSet
from sememe.images.concepts import (
    EDITS,
    ConceptMaps,
    Concepts,
    Edited,
    concept_bank,
    concept_maps,
    morphometry,
)
from sememe.measures import Resampling, resample
from sememe.progress import Progress, part, silent

# Images whose terciles divide thin from thick and so on, on every split alike.
_REFERENCE = 1000
# An edit that leaves what is said of the image as it is would be no counterfactual.
_NOT_COUNTERFACTUAL = ("rotate", "shift")


@dataclass(frozen=True, eq=False)
class Split:
    """Some images, and what is known of them."""

    images: ImageSet
    embeddings: Float[np.ndarray, "images embedding"]
    """By an encoder trained apart from the network under study."""
    concepts: Concepts | None = None
    """Of whole images; None: not known."""
    maps: ConceptMaps | None = None
    """Of pixels, for layers that keep the image's plane; None: not known."""

    def __post_init__(self) -> None:
        known = {"embeddings": len(self.embeddings)}
        if self.concepts is not None:
            known["concepts"] = len(self.concepts.values)
        for what, n_images in known.items():
            if n_images != len(self.images):
                raise MeasureError(
                    f"There are {what} of {n_images:,} images, but {self.images.name} holds "
                    f"{len(self.images):,}: give them of every image."
                )


@dataclass(frozen=True, eq=False)
class Material:
    """All three splits, the edited images, and how report images are resampled."""

    exemplars: Split
    development: Split
    report: Split
    resampling: Resampling
    edits: Mapping[str, Edited] = field(default_factory=dict)
    """The first images of the report split, edited, by the name of the edit; ``"plain"`` among them."""


def material(
    encoder: nn.Module,
    fit: ImageSet,
    development: ImageSet,
    report: ImageSet,
    *,
    concepts: bool = True,
    maps: bool = False,
    map_images: int | None = None,
    exemplar_images: int = 2000,
    edited_images: int = 100,
    replicates: int = 400,
    seed: int = 0,
    progress: Progress = silent,
) -> Material:
    """Gather what is known of the images.

    Args:
        encoder: trained apart from the network under study; its layer ``embedding`` is read.
        fit: images that dictionaries are fitted on; exemplars are drawn from them.
        development, report: images that neither network nor dictionary has seen.
        concepts: find the digits' concepts and edits by computer vision; only for grey images of bright ink.
        maps: find concepts of single pixels too, for layers that have a map.
        map_images: of each split the first so many images get maps; None: all.
        exemplar_images, edited_images: how many.
        replicates: of the bootstrap.
        seed: of draws and resampling.

    Raises:
        MeasureError: fewer report images than a bootstrap needs.
        ImageError: concepts of colour images.
    """
    resampling = resample(len(report), replicates=replicates, seed=seed)
    shown = shown_images(fit, exemplar_images, seed)
    reference = morphometry(shown[:_REFERENCE]) if concepts else None
    found = []
    for number, images in enumerate((development, report)):
        own = part(progress, 0.1 + 0.35 * number, 0.45 + 0.35 * number)
        some = images if map_images is None else images[:map_images]
        found.append(
            Split(
                images,
                networks.embed(encoder, images),
                concept_bank(images, reference, own) if concepts else None,
                concept_maps(some) if maps and concepts else None,
            )
        )
    edited = report[:edited_images]
    kept = [name for name in EDITS if concepts and name not in _NOT_COUNTERFACTUAL]
    return Material(
        exemplars=Split(shown, networks.embed(encoder, shown)),
        development=found[0],
        report=found[1],
        resampling=resampling,
        edits={name: EDITS[name](edited) for name in kept},
    )


def shown_images(fit: ImageSet, most: int, seed: int) -> ImageSet:
    """The images that exemplars are chosen from: a draw of those that dictionaries are fitted on."""
    rows = np.random.default_rng([seed, 11]).permutation(len(fit))[:most]
    return fit[np.sort(rows)]
