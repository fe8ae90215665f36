"""A gallery in HTML: a card a unit, its activation intervals from strongest to weakest, random firings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sememe.explanations import Exemplars, Firings, Interval
from sememe.explanations.weights import Field
from sememe.explorer import prose
from sememe.explorer.markup import Html, tag
from sememe.explorer.pictures import Sprite, weight_picture
from sememe.explorer.report_data import Gallery, Kind, LayerReport, MeasureNote, ReportData, UnitCard
from sememe.explorer.wording import abbreviated, in_full, interval, number, percent

_FIRST_CARDS = 4  # shown before the reader asks for more
_TOP = 6  # strongest images of a unit
# Bars are read at a glance up to about this many classes; beyond, the top three are named.
_MOST_BARS = 12
_STANDS_OUT = 1.5  # times the mean of all classes: a flat profile has no class to point out


@dataclass(frozen=True, eq=False)
class Setting:
    """What all galleries of one layer share."""

    layer: LayerReport
    data: ReportData
    sprite: Sprite  # of all images that the layer's galleries show
    notes: Mapping[str, MeasureNote]


def gallery(shown: Gallery, kind: Kind, setting: Setting) -> Html:
    """All cards of one gallery, under a line that says how the units were picked."""
    noun = "neuron" if kind == "neurons" else "feature"
    legend = tag(
        "div",
        tag("span", "top"),
        tag("span", "strongest", tag("span", class_="arrow"), tag("span", "weakest"), class_="range"),
        tag("span", "random"),
        class_="strip-legend",
        aria_hidden="true",
    )
    cards = [_card(card, f"{noun} {card.exemplars.unit}", setting) for card in shown.cards]
    picked = tag("p", shown.selection, class_="small muted")
    more = None
    if len(cards) > _FIRST_CARDS:
        summary = tag("summary", f"{len(cards) - _FIRST_CARDS} more")
        more = tag("details", summary, tag("div", cards[_FIRST_CARDS:], class_="gallery"), class_="more")
    return tag("div", picked, legend, cards[:_FIRST_CARDS], more, class_=f"gallery {kind}")


def images_shown(galleries: Sequence[Gallery]) -> Int[np.ndarray, " images"]:
    """Rows of all images that some galleries show."""
    rows = [np.zeros(0, dtype=np.int64)]
    for shown in galleries:
        for card in shown.cards:
            rows += [cut.firings.image for cut in card.exemplars.intervals] + [
                _first(card.exemplars.top, _TOP).image,
                card.exemplars.random.image,
            ]
    return np.unique(np.concatenate(rows))


def class_bars(
    profile: Float[np.ndarray, " classes"], label_names: Sequence[str], *, compact: bool = False
) -> Html:
    """The share of a unit's activation on each class: bars while they are few, else the top three named."""
    if np.isnan(profile).all():
        return tag("p", "never fires", class_="small muted")
    order = np.argsort(-profile, kind="stable")
    said = ", ".join(f"{label_names[c]}: {percent(float(profile[c]))}" for c in range(len(profile)))
    if len(profile) > _MOST_BARS or max(len(name) for name in label_names) > 2:
        top = "; ".join(f"{label_names[c]} {percent(float(profile[c]))}" for c in order[:3])
        return tag("p", f"activation by class: {top}", class_="small muted")
    # Bars are scaled to the unit's tallest, so that flat profiles stay legible; the title has the numbers.
    tallest = float(profile[order[0]])
    stands_out = tallest > _STANDS_OUT * float(profile.mean())
    bars = [
        tag(
            "span",
            tag("b", label_names[c]),
            class_="most" if stands_out and c == order[0] else None,
            style=f"--share:{float(share) / tallest:.3f}",
        )
        for c, share in enumerate(profile)
    ]
    label = f"Share of activation by class. {said}"
    return tag(
        "div", bars, class_="bars compact" if compact else "bars", role="img", aria_label=label, title=said
    )


def _card(card: UnitCard, name: str, setting: Setting) -> Html:
    found = card.exemplars
    places = f"{found.n_items:,} {'positions' if setting.layer.grid else 'images'}"
    if found.is_dead:
        never = f"Never fires on these {places}: a dead unit."
        return tag("article", tag("h6", name), tag("p", never, class_="small muted"), class_="unit")
    facts = [tag("div", "fires on ", tag("b", percent(found.density)), f" of {places}")]
    for measure, score in card.scores.items():
        title, between = setting.notes[measure].title, interval(score)
        value = tag("b", number(score.value))
        facts.append(
            tag(
                "div",
                f"{abbreviated(title)} ",
                value,
                f" ({between})" if between else "",
                title=f"{title}: {in_full(score)}",
            )
        )
    reads = bars = None
    if card.reads is not None:
        picture = weight_picture(card.reads)
        image = tag("img", class_="reads", src=picture, width=28, height=28, alt=f"What {name} reads")
        reads = tag("figure", image, tag("figcaption", "reads"), title=prose.READS)
    if card.class_profile is not None:
        drawn = class_bars(card.class_profile, setting.data.label_names, compact=True)
        bars = tag("figure", tag("figcaption", "activation by class"), drawn, class_="profile")
    said = tag("div", tag("h6", name), tag("div", facts, class_="unit-facts"))
    return tag(
        "article",
        tag("div", reads, said, bars, class_="unit-head"),
        _strip(found, name, setting),
        class_="unit",
    )


def _strip(found: Exemplars, name: str, setting: Setting) -> Html:
    deepest = max(len(cut.firings) for cut in found.intervals)
    most = max(cut.n_firings for cut in found.intervals)
    slices = []
    for cut in found.intervals:
        tiles = _tiles(cut.firings, setting)
        tiles += [tag("i", class_="tile none")] * (deepest - len(tiles))
        many = math.log1p(cut.n_firings) / math.log1p(most)
        between = f"{number(cut.low)} to {number(cut.high)}: {cut.n_firings:,} firings"
        slices.append(tag("div", tiles, class_="slice", style=f"--many:{many:.2f}", data_s=between))
    return tag(
        "div",
        tag("div", _tiles(_first(found.top, _TOP), setting), class_="top"),
        tag("div", slices, class_="slices", style=f"--slices:{len(slices)}"),
        tag("div", _tiles(found.random, setting), class_="random"),
        class_="strip",
        role="img",
        aria_label=_spoken(found, name, setting.data),
        tabindex=0,
    )


def _tiles(firings: Firings, setting: Setting) -> list[Html]:
    data, field = setting.data, setting.layer.receptive_field
    tiles = []
    for i in range(len(firings)):
        image, activation = int(firings.image[i]), float(firings.activation[i])
        column, row = setting.sprite.cell[image]
        classes, style = "tile", f"--c:{column};--r:{row}"
        if field is not None and firings.position is not None:
            style += _box(field, firings.position[i], data)
            classes += " patch"
        if activation < 0:
            classes += " negative"
        label = "" if data.labels is None else data.label_names[int(data.labels[image])]
        tiles.append(tag("i", class_=classes, style=style, data_t=f"{number(activation)}|{label}|{image}"))
    return tiles


def _first(firings: Firings, n: int) -> Firings:
    return firings.take(np.arange(min(n, len(firings))))


def _box(field: Field, position: Int[np.ndarray, " 2"], data: ReportData) -> str:
    """The patch that a position sees, in per cent of the image."""
    top, left, bottom, right = field.box(int(position[0]), int(position[1]))
    height, width = data.pixels.shape[-2:]
    return (
        f";--top:{100 * top / height:.1f};--left:{100 * left / width:.1f}"
        f";--tall:{100 * (bottom - top) / height:.1f};--wide:{100 * (right - left) / width:.1f}"
    )


def _spoken(found: Exemplars, name: str, data: ReportData) -> str:
    """What the strip shows, for those who cannot see it."""
    if data.labels is None:
        return f"Images that fire {name}, from strongest to weakest, then random firings."
    labels = data.labels

    def named(firings: Firings) -> str:
        return " ".join(data.label_names[int(labels[image])] for image in firings.image) or "none"

    def said(cut: Interval) -> str:
        return f"{number(cut.high)} to {number(cut.low)}: {named(cut.firings)}"

    cuts = "; ".join(said(cut) for cut in found.intervals)
    return (
        f"Classes of images that fire {name}. Strongest: {named(_first(found.top, _TOP))}. "
        f"By activation: {cuts}. Random firings: {named(found.random)}."
    )
