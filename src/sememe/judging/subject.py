"""One layer of one network, with everything that its unit sets are judged on.

Made once and used for every unit set, so that all are scored on the same items, with the same evidence, the
same resampled images and the same null.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float32, Int
from torch import nn

from sememe.activations import Activations
from sememe.images import ImageSet
from sememe.images.concepts import Concepts
from sememe.judging.material import Material, Split
from sememe.judging.sources import Source, centres, read_items, seen_pixels
from sememe.judging.tail import Tail
from sememe.measures import Evidence, evidence

# Pixels of a channel that similarity in pixels is judged by.
_MOST_PIXELS = 64


@dataclass(frozen=True)
class Limits:
    """How much is looked at: what a quick run has less of than a study."""

    units: int | None = None  # units of a set that are scored, drawn at random; None: all
    spliced_images: int = 500  # report images passed on through the network, where a layer has a map
    effect_images: int = 50  # images that fire a unit, on which it is ablated
    simulated_items: int = 2000  # report items that are predicted from exemplars
    exemplar_items: int = 4000  # fitting items that exemplars are chosen from
    least_concept: int = 50  # development items that must have a concept, and lack it
    removed: tuple[int, ...] = (2, 8)  # units that are taken away from each class in targeted removal


@dataclass(frozen=True, eq=False)
class SourceItems:
    """The items of one source, split by split; rows as in the layer's own."""

    exemplars: Float32[np.ndarray, "exemplar_items neurons"]
    development: Float32[np.ndarray, "development_items neurons"]
    report: Float32[np.ndarray, "report_items neurons"]
    edited: Mapping[str, Float32[np.ndarray, "edited_items neurons"]]


@dataclass(frozen=True, eq=False)
class Subject:
    """One layer of one network. Made by :func:`subject`."""

    layer: str
    network: str
    limits: Limits
    seed: int
    n_images: int
    """Report images that the items are of, the first of the split."""
    tail: Tail
    spliced: Int[np.ndarray, " spliced"]
    """Rows of the report images that are passed on through the network."""
    items: Mapping[Source, SourceItems]
    evidence: Evidence
    """Of the report items."""
    labels: np.ndarray | None
    """Of the report images."""
    development: Mapping[str, np.ndarray]
    """``concepts`` and ``labels`` of the development items, as far as they are known."""
    concept_names: tuple[str, ...]
    simulation: tuple[np.ndarray, np.ndarray, np.ndarray]
    """Report items that are predicted, their embeddings, and those of the exemplars."""
    edited_image: np.ndarray
    """The report image of each edited item."""
    changed: Mapping[str, np.ndarray]
    """Whether an edit could be done to each edited image."""
    notes: tuple[str, ...]
    """What is left out on this layer, and why."""

    @cached_property
    def jacobian(self) -> Float[np.ndarray, "classes positions neurons"]:
        """How each logit changes with each output of the layer, the mean over some images."""
        return self.tail.jacobian()

    @cached_property
    def ablated(self) -> dict[str, np.ndarray]:
        """Logits with the layer's output put to zero, and to its mean."""
        mean = self.items["layer"].report.mean(axis=0, dtype=np.float64).astype(np.float32)
        image = np.arange(len(self.spliced))
        return {
            kind: self.tail(np.broadcast_to(constant, self.tail.items.shape), image)
            for kind, constant in (("zero", np.zeros_like(mean)), ("mean", mean))
        }

    @property
    def has_map(self) -> bool:
        """Whether an image has many items, of which the report knows a few."""
        return self.tail.items.shape[1] > 1


def subject(
    net: nn.Module,
    layer: str,
    material: Material,
    *,
    untrained: nn.Module | None = None,
    sources: tuple[Source, ...] = ("layer",),
    positions_per_image: int | None = None,
    limits: Limits | None = None,
    seed: int = 0,
    device: str = "auto",
    network: str = "",
) -> Subject:
    """Read a layer on all splits and gather the evidence.

    Args:
        net: the network, trained.
        layer: dotted name.
        material: the images and what is known of them.
        untrained: the network before training, for the source ``"untrained"``.
        sources: of all items that unit sets will read.
        positions_per_image: sampled of an image, where the layer has a map; None: all.
        limits: how much is looked at.
        seed: of positions and draws. Subjects that are to be pooled share it.
        network: its name, for messages.

    Raises:
        NetworkError, ActivationsError: the layer cannot be read.
    """
    limits = limits or Limits()

    def read(source: Source, split_images: ImageSet) -> tuple[np.ndarray, Activations]:
        return read_items(
            source,
            net,
            split_images,
            layer,
            untrained=untrained,
            positions_per_image=positions_per_image,
            seed=seed,
            device=device,
        )

    splits = {"exemplars": material.exemplars, "development": material.development, "report": material.report}
    own: dict[str, Activations] = {"exemplars": read("layer", material.exemplars.images)[1]}
    has_map = own["exemplars"].position is not None
    images = {name: _images(split, has_map) for name, split in splits.items()}
    rng = np.random.default_rng([seed, 12])
    drawn = np.sort(rng.permutation(len(own["exemplars"]))[: limits.exemplar_items])
    items = {}
    for source in dict.fromkeys(("layer", *sources)):
        found = {}
        for name in splits:
            found[name], own[name] = read(source, images[name])
        found["exemplars"] = found["exemplars"][drawn]
        edited = {name: read(source, edit.images) for name, edit in material.edits.items()}
        own |= {"edited": next(iter(edited.values()))[1]} if edited else {}
        items[source] = SourceItems(**found, edited={name: values for name, (values, _) in edited.items()})
    concepts = {name: _concepts(splits[name], own[name]) for name in ("development", "report")}
    kept, choosing = None, concepts["development"]
    if choosing is not None and concepts["report"] is not None:
        kept = choosing.common(limits.least_concept).names
    report = images["report"]
    known = _evidence(material, report, own["report"], concepts["report"], kept)
    spliced = np.arange(min(limits.spliced_images, len(report)) if has_map else len(report))
    development = {}
    if kept and choosing is not None:
        development["concepts"] = _chosen(choosing, kept)
    if (labels := material.development.images.labels) is not None:
        development["labels"] = labels[np.asarray(own["development"].image[:])]
    tail = Tail(net, layer, report[spliced], device)
    return Subject(
        layer=layer,
        network=network,
        limits=limits,
        seed=seed,
        n_images=len(report),
        tail=tail,
        spliced=spliced,
        items=items,
        evidence=known,
        labels=report.labels,
        development=development,
        concept_names=tuple(kept or ()),
        simulation=_simulation(material, report, own, drawn, limits),
        edited_image=np.asarray(own["edited"].image[:]) if "edited" in own else np.empty(0, np.int64),
        changed={name: edit.changed for name, edit in material.edits.items()},
        notes=_left_out(material, kept, tail.logits.shape[1]),
    )


def _images(split: Split, has_map: bool) -> ImageSet:
    """The images of a split; of a layer with a map those whose pixels' concepts are known, if any are."""
    return split.images if split.maps is None or not has_map else split.images[: len(split.maps.maps)]


def _concepts(split: Split, items: Activations) -> Concepts | None:
    """Of each item: those of its image, or those at its place where the layer has a map."""
    if items.position is not None:
        if split.maps is None or items.receptive_field is None:
            return None
        reach = max(items.receptive_field.stride) / 2
        return split.maps.at(np.asarray(items.image[:]), centres(items), reach)
    if split.concepts is None:
        return None
    image = np.asarray(items.image[:])
    return Concepts(split.concepts.names, split.concepts.values[image], split.concepts.groups)


def _chosen(concepts: Concepts, names: tuple[str, ...]) -> np.ndarray:
    return concepts.values[:, [concepts.names.index(name) for name in names]]


def _evidence(
    material: Material,
    report: ImageSet,
    items: Activations,
    concepts: Concepts | None,
    kept: tuple[str, ...] | None,
) -> Evidence:
    image = np.asarray(items.image[:])
    embedded = material.report.embeddings[image]
    # Of pixels, about the mean only: all digits share most of their paper.
    pixels = seen_pixels(report, items, _MOST_PIXELS)
    labels = report.labels
    return evidence(
        material.resampling,
        image=image,
        labels=None if labels is None or np.unique(labels).size < 2 else labels[image],
        n_classes=len(report.label_names) or None,
        embeddings={
            "encoder": embedded,
            "encoder, centred": embedded - embedded.mean(axis=0),
            "pixels, centred": pixels - pixels.mean(axis=0),
        },
        centred=False,
        concepts=_chosen(concepts, kept) if concepts is not None and kept else None,
    )


def _simulation(
    material: Material, report: ImageSet, own: Mapping[str, Activations], drawn: np.ndarray, limits: Limits
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A person sees the image; of a layer with a map, the patch: the encoder knows no patches, pixels do."""
    items = own["report"]
    rows = np.random.default_rng(13).permutation(len(items))[: limits.simulated_items]
    rows = np.sort(rows)
    if items.position is None:
        told = material.report.embeddings[np.asarray(items.image[:])[rows]]
        shown = material.exemplars.embeddings[np.asarray(own["exemplars"].image[:])[drawn]]
    else:
        told = seen_pixels(report, items, _MOST_PIXELS)[rows]
        shown = seen_pixels(material.exemplars.images, own["exemplars"], _MOST_PIXELS)[drawn]
    middle = shown.mean(axis=0)
    return rows, told - middle, shown - middle


def _left_out(material: Material, kept: tuple[str, ...] | None, n_logits: int) -> tuple[str, ...]:
    notes = []
    labels, n_classes = material.report.images.labels, len(material.report.images.label_names)
    if labels is None:
        notes.append("no labels: selectivity, generality and targeted removal are left out")
    elif np.unique(labels).size < 2:
        notes.append("images of one class only: selectivity, generality and targeted removal are left out")
    elif material.development.images.labels is None:
        notes.append("no labels to choose units by: targeted removal is left out")
    elif n_classes != n_logits:
        notes.append(f"{n_logits} logits for {n_classes} classes: targeted removal is left out")
    if not kept:
        notes.append("no concepts: the concept measures are left out")
    if not material.edits:
        notes.append("no edited images: the counterfactual measure is left out")
    return tuple(notes)
