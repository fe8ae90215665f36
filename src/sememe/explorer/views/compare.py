"""The Compare page: the verdict and its tally, the frontier, unit sets where they match, wins and losses."""

import functools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.score import Kind, Score
from sememe.explorer.views.common import LayerAddress
from sememe.measures import DifferenceRow, MeasureTable, Row, registry
from sememe.measures.verdict import family_outcomes, measure_outcomes, objections


@dataclass(frozen=True)
class Point:
    """One fitted unit set on the frontier."""

    title: str  # "k = 8"
    fvu: float
    l0: float
    scores: dict[str, Score]  # by measure


@dataclass(frozen=True)
class Line:
    """One family, swept over its sparsity."""

    family: str
    kind: Kind
    points: tuple[Point, ...]  # in the order of the sweep


@dataclass(frozen=True)
class Placed:
    """One family where families are compared."""

    family: str
    kind: Kind
    status: str  # "matched", "exceeds" or "unreached"
    fvu: float
    l0: float
    scores: dict[str, Score]


@dataclass(frozen=True)
class Duel:
    """One dictionary less one control on one measure."""

    family: str
    control: str
    measure: str
    value: float
    low: float
    high: float
    p_holm: float
    outcome: str  # "win", "loss" or "open"


@dataclass(frozen=True)
class Tally:
    """In how many measures one dictionary beats one control: each measure once, whatever its variants."""

    family: str
    control: str
    kind: Kind  # of the control: the neurons are one
    won: int
    lost: int
    open: int  # cannot be told apart, or not tested


@dataclass(frozen=True)
class Place:
    """Where families are compared: where equally much is lost, or equally many units fire."""

    key: str  # "fvu=0.05"
    matched: str  # "fvu", "l0" or "loss_recovered[zero]"
    target: float
    rows: tuple[Placed, ...]
    duels: tuple[Duel, ...]
    tallies: tuple[Tally, ...]  # of each dictionary against each control that it met, the neurons first


@dataclass(frozen=True)
class ComparePage:
    """Everything that the run says of unit sets against each other, on one layer."""

    answer: str  # "yes", "no" or "mixed"
    sentence: str
    decided_at: str  # key of the place that the sentence is about
    about: str  # the dictionary that the sentence is about; "" where none gets to a place
    tally: tuple[Tally, ...]  # of that dictionary there
    absent: tuple[str, ...]  # controls that never get there
    objections: tuple[str, ...]  # what keeps the answer from being yes, a clause each
    measures: tuple[str, ...]  # of units, in the order of their families
    drawn: str  # the measure to begin with
    lines: tuple[Line, ...]
    places: tuple[Place, ...]


def compare_page(run: RunData, address: LayerAddress) -> ComparePage | None:
    """None while the layer is not measured."""
    layer = run.layer(address.layer)
    table = layer.measures
    if table is None:
        return None
    name = layer.layer
    measures = tuple(key for key in _in_order(table) if _level(key) == "unit")
    ats = dict.fromkeys(row.at for row in table.rows if row.at != "own")
    drawn = next((key for key in measures if key.startswith("monosemanticity_score")), measures[0])
    places = tuple(_place(layer, table, at) for at in ats)
    decided = next((place for place in places if place.key == table.places.get(name)), None)
    about = _about(layer, table)
    return ComparePage(
        answer=table.answers.get(name, "mixed"),
        sentence=table.sentences.get(name, ""),
        decided_at=table.places.get(name, ""),
        about=about,
        tally=() if decided is None else tuple(one for one in decided.tallies if one.family == about),
        absent=() if decided is None else _absent(decided),
        objections=tuple(objections(table.families.get(name, {}))),
        measures=measures,
        drawn=next((key for key in measures if key == "monosemanticity_score[encoder, centred]"), drawn),
        lines=tuple(_lines(layer, table)),
        places=places,
    )


def _about(layer: LayerData, table: MeasureTable) -> str:
    """The dictionary that the verdict is about: the one that fares as the table says, the shown one first."""
    name = layer.layer
    said, at = table.families.get(name, {}), table.places.get(name)
    rows: dict[str, dict[str, list[DifferenceRow]]] = {}
    for row in table.differences:
        if row.at == at:
            rows.setdefault(row.unit_set, {}).setdefault(row.control, []).append(row)
    shown = layer.unit_set(layer.shown).family
    for family in sorted(rows, key=lambda family: family != shown):
        if {control: family_outcomes(met) for control, met in rows[family].items()} == said:
            return family
    return ""


def _absent(place: Place) -> tuple[str, ...]:
    return tuple(row.family for row in place.rows if row.kind != "features" and row.status == "unreached")


def _base(key: str) -> str:
    return key.partition("[")[0]


@functools.cache
def _level(key: str) -> str | None:
    """Of what a measure is, "unit" or "set"; None for one that is not known. Asked for thousands of rows."""
    record = registry().get(_base(key))
    return None if record is None else record.level


def _in_order(table: MeasureTable) -> list[str]:
    order = list(registry())
    return sorted(
        dict.fromkeys(row.measure for row in table.rows if _level(row.measure) is not None),
        key=lambda key: order.index(_base(key)),
    )


def score_of(row: Row) -> Score:
    """A measure of units is a mean over them; a measure of the whole set comes from its images."""
    of_units = _level(row.measure) == "unit"
    n, of = (row.units, "units") if of_units else (row.images, "images")
    null = None if math.isnan(row.null) else rounded(row.null)
    value, low, high, alive = (rounded(x) for x in (row.value, row.low, row.high, row.alive))
    return Score(value, low, high, n, of, without_dead=alive, null=null)


def rounded(x: float) -> float:
    """Five significant digits: more than a page shows, and a third of the characters."""
    return float(f"{x:.5g}")


def _kinds(layer: LayerData) -> dict[str, Kind]:
    return {unit_set.family: unit_set.kind for unit_set in layer.unit_sets}


def _lines(layer: LayerData, table: MeasureTable) -> list[Line]:
    kinds, lines = _kinds(layer), []
    own = table.select(at="own")
    for family in dict.fromkeys(row.unit_set for row in own):
        points: dict[tuple[tuple[str, object], ...], Point] = {}
        for row in own:
            if row.unit_set == family and _level(row.measure) is not None:
                swept = _swept(layer, row)
                point = points.setdefault(swept, Point(_said(swept), row.fvu, row.l0, {}))
                point.scores[row.measure] = score_of(row)
        lines.append(Line(family, kinds.get(family, "control"), tuple(points.values())))
    return lines


def _swept(layer: LayerData, row: Row) -> tuple[tuple[str, object], ...]:
    parameters = {unit_set.parameter for unit_set in layer.unit_sets if unit_set.family == row.unit_set}
    return tuple((key, value) for key, value in row.settings.items() if key in parameters)


def _said(swept: tuple[tuple[str, object], ...]) -> str:
    return ", ".join(
        f"{key.replace('_', ' ')} = {value:g}" for key, value in swept if isinstance(value, int | float)
    )


def _place(layer: LayerData, table: MeasureTable, at: str) -> Place:
    kinds, rows = _kinds(layer), table.select(at=at)
    quantity, _, target = at.partition("=")
    placed = []
    for family in dict.fromkeys(row.unit_set for row in rows):
        own = [row for row in rows if row.unit_set == family and _level(row.measure) is not None]
        if own:
            scores = {row.measure: score_of(row) for row in own}
            first = own[0]
            placed.append(
                Placed(family, kinds.get(family, "control"), first.status, first.fvu, first.l0, scores)
            )
    there = [difference for difference in table.differences if difference.at == at]
    order = {"neurons": 0, "features": 1, "control": 2}
    placed.sort(key=lambda row: order[row.kind])
    duels = tuple(_duel(difference) for difference in there)
    tallies = sorted(_tallies(there, kinds), key=lambda tally: tally.kind != "neurons")
    return Place(at, quantity, float(target), tuple(placed), duels, tuple(tallies))


def _tallies(differences: Sequence[DifferenceRow], kinds: Mapping[str, Kind]) -> Iterator[Tally]:
    met = dict.fromkeys((row.unit_set, row.control) for row in differences)
    for family, control in met:
        own = [row for row in differences if (row.unit_set, row.control) == (family, control)]
        counts = Counter(measure_outcomes(own).values())
        kind = kinds.get(control, "control")
        yield Tally(family, control, kind, counts["win"], counts["loss"], counts["open"])


def _duel(difference: DifferenceRow) -> Duel:
    return Duel(
        family=difference.unit_set,
        control=difference.control,
        measure=difference.measure,
        value=rounded(difference.value),
        low=rounded(difference.low),
        high=rounded(difference.high),
        p_holm=rounded(difference.p_holm),
        outcome=difference.outcome,
    )


ENDPOINTS = (Endpoint("compare", compare_page, LayerAddress),)
