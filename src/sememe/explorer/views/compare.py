"""The Compare page: the frontier, unit sets where they match, wins and losses, and how a neuron splits."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sememe.explanations import split_neuron
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.score import Kind, Score
from sememe.explorer.views.common import LayerAddress, OpenedUnit, UnitAddress, opened_unit
from sememe.explorer.views.units import profiles
from sememe.measures import DifferenceRow, MeasureTable, Row, registry

_CARRIERS = 8  # features that a neuron's split lists


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
class Place:
    """Where families are compared: at one fidelity or one sparsity."""

    key: str  # "fvu=0.05"
    matched: str  # "fvu" or "l0"
    target: float
    rows: tuple[Placed, ...]
    duels: tuple[Duel, ...]


@dataclass(frozen=True)
class ComparePage:
    """Everything that the run says of unit sets against each other, on one layer."""

    answer: str  # "yes", "no" or "mixed"
    sentence: str
    decided_at: str  # key of the place that the sentence is about
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
    measures = tuple(key for key in _in_order(table) if registry()[_base(key)].level == "unit")
    ats = dict.fromkeys(row.at for row in table.rows if row.at != "own")
    drawn = next((key for key in measures if key.startswith("monosemanticity_score")), measures[0])
    return ComparePage(
        answer=table.answers.get(name, "mixed"),
        sentence=table.sentences.get(name, ""),
        decided_at=table.places.get(name, ""),
        measures=measures,
        drawn=next((key for key in measures if key == "monosemanticity_score[encoder, centred]"), drawn),
        lines=tuple(_lines(layer, table)),
        places=tuple(_place(layer, table, at) for at in ats),
    )


def _base(key: str) -> str:
    return key.partition("[")[0]


def _in_order(table: MeasureTable) -> list[str]:
    order = list(registry())
    return sorted(
        dict.fromkeys(row.measure for row in table.rows if _base(row.measure) in registry()),
        key=lambda key: order.index(_base(key)),
    )


def score_of(row: Row) -> Score:
    """A measure of units is a mean over them; a measure of the whole set comes from its images."""
    of_units = registry()[_base(row.measure)].level == "unit"
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
            if row.unit_set == family and _base(row.measure) in registry():
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
        own = [row for row in rows if row.unit_set == family and _base(row.measure) in registry()]
        if own:
            scores = {row.measure: score_of(row) for row in own}
            first = own[0]
            placed.append(
                Placed(family, kinds.get(family, "control"), first.status, first.fvu, first.l0, scores)
            )
    duels = tuple(_duel(difference) for difference in table.differences if difference.at == at)
    order = {"neurons": 0, "features": 1, "control": 2}
    placed.sort(key=lambda row: order[row.kind])
    return Place(at, quantity, float(target), tuple(placed), duels)


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


@dataclass(frozen=True)
class SplitRequest:
    """Which neuron is to be shared out among the components of which set."""

    layer: str
    set: str
    neuron: int


@dataclass(frozen=True, eq=False)
class Carrier:
    """One component that carries a part of the neuron."""

    unit: int
    share: float  # of the neuron's activation; may be negative
    profile: Float[np.ndarray, " classes"] | None  # its activation by class


@dataclass(frozen=True, eq=False)
class SplitPage:
    """A neuron as a sum of features."""

    items: int
    carriers: tuple[Carrier, ...]  # by size of their share, greatest first
    others: float  # share of all other components together
    others_count: int  # how many of them carry anything
    constant: float
    error: float
    profile: Float[np.ndarray, " classes"] | None  # the neuron's own activation by class
    why_not: str = ""  # one sentence where there is nothing to share out


def _unsplit(neuron: OpenedUnit, why_not: str) -> SplitPage:
    return SplitPage(len(neuron.code), (), 0.0, 0, 0.0, 0.0, None, why_not)


def split_page(run: RunData, request: SplitRequest) -> SplitPage:
    """Which features a neuron splits into: exact, because reconstruction is affine."""
    layer = run.layer(request.layer)
    if layer.neurons is None:
        raise NotThere(f"The neurons of {layer.key} have not been looked at yet: let the run finish.")
    unit_set = layer.unit_set(request.set)
    neuron = opened_unit(run, UnitAddress(request.layer, layer.neurons, request.neuron))
    if unit_set.elsewhere is not None:
        return _unsplit(neuron, f"No neuron is a sum of these units. {unit_set.elsewhere}")
    if not neuron.code.any():
        return _unsplit(neuron, "This neuron never fires, so there is nothing to share out.")
    found = split_neuron(
        neuron.code,
        layer.codes(request.set),
        unit_set.components[:, request.neuron],
        float(unit_set.dictionary.offset_[request.neuron]),
    )
    order = np.argsort(-np.abs(found.share), kind="stable")[:_CARRIERS]
    by_class, own = profiles(layer, request.set), profiles(layer, layer.neurons)
    rest = np.delete(found.share, order)
    return SplitPage(
        items=len(neuron.code),
        carriers=tuple(
            Carrier(int(unit), float(found.share[unit]), None if by_class is None else by_class[unit])
            for unit in order
            if found.share[unit] != 0
        ),
        others=float(rest.sum()),
        others_count=int((rest != 0).sum()),
        constant=found.constant,
        error=found.error,
        profile=None if own is None else own[request.neuron],
    )


ENDPOINTS = (
    Endpoint("compare", compare_page, LayerAddress),
    Endpoint("split", split_page, SplitRequest),
)
