"""One layer of a run, as the report shows it."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from sememe import activations, files
from sememe.activations import Activations
from sememe.explanations import (
    activation_weighted_images,
    activation_weighted_patches,
    class_profile,
    exemplars,
)
from sememe.explorer.report_data import (
    Answer,
    Comparison,
    ComparisonRow,
    DuelRow,
    Duels,
    Frontier,
    FrontierLine,
    FrontierPoint,
    Gallery,
    LayerReport,
    Score,
    UnitCard,
    UnitSet,
)
from sememe.images import ImageSet
from sememe.measures import FAMILIES, MeasureRecord, MeasureTable, Row, registry
from sememe.recipes.configuration import LayerPlan, RunConfiguration, Sweep
from sememe.runs.folder import RunFolder
from sememe.runs.parts import load_dictionary, part_of_run
from sememe.runs.unit_table import read_units

# The measures that a unit's card and the frontier figures show; the comparison's table lists them all.
CARD_MEASURES = ("dominant_mass", "monosemanticity_score[encoder, centred]")
# Those that the comparison draws, one a family; the table has all.
DRAWN_MEASURES = (
    "dominant_mass",
    "monosemanticity_score[encoder, centred]",
    "concept_share",
    "simulation_score",
    "targeted_removal[8 units]",
    "universality",
    "matched_cosine",
)
_MOST_DRAWN = 6


def layer_report(
    configuration: RunConfiguration, folder: RunFolder, layer: LayerPlan, report: ImageSet
) -> LayerReport:
    """What the run has found out about a layer so far."""
    place = folder.activations(layer.network, layer.layer, "report")
    if not place.exists():
        return LayerReport(layer.layer, layer.network, layer.title, layer.n_neurons)
    with part_of_run(place):
        store = activations.open_store(place)
    measured = folder.measures(layer.network, layer.layer)
    if not measured.exists():
        return LayerReport(
            layer.layer,
            layer.network,
            layer.title,
            store.n_neurons,
            len(store),
            store.grid,
            store.receptive_field,
        )
    table = MeasureTable.from_dict(files.read_json(measured))
    units = read_units(folder.units(layer.network, layer.layer))
    return LayerReport(
        name=layer.layer,
        network=layer.network,
        title=layer.title,
        n_neurons=store.n_neurons,
        n_items=len(store),
        grid=store.grid,
        receptive_field=store.receptive_field,
        unit_sets=tuple(_unit_sets(configuration, folder, layer, store, report, table, units)),
        comparisons=tuple(_comparisons(layer, table)),
        frontiers=tuple(_frontier(layer, table, measure) for measure in CARD_MEASURES),
        duels=_duels(layer, table),
        notes=tuple(_sentence(note) for note in table.notes[layer.layer]),
        answer=Answer(table.answers[layer.layer], table.sentences[layer.layer]),
    )


def _score(row: Row) -> Score:
    """A measure of units is a mean over them; a measure of the whole set comes from its images."""
    n, of = (row.scored, "units") if _of_units(row.measure) else (row.images, "images")
    null = None if math.isnan(row.null) else row.null
    return Score(row.value, row.low, row.high, n, of, without_dead=row.alive, null=null)


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _of_units(measure: str) -> bool:
    return _record(measure).level == "unit"


# --- the sets of units, and what fires them


def _unit_sets(
    configuration: RunConfiguration,
    folder: RunFolder,
    layer: LayerPlan,
    store: Activations,
    report: ImageSet,
    table: MeasureTable,
    units: pa.Table,
) -> list[UnitSet]:
    """Every unit set as it was fitted; the neurons and the shown dictionary with their galleries."""
    shown = (_all_neurons(layer), layer.shown)
    sets = []
    for sweep in layer.sweeps:
        for value in sweep.values:
            point = sweep.point_name(value)
            rows = {
                row.measure: row
                for row in table.select(at="own", unit_set=sweep.title)
                if row.settings[sweep.parameter] == value
            }
            galleries: tuple[Gallery, ...] = ()
            if point in shown:
                gallery = _GalleryMaker(configuration, folder, layer, store, report, point, units)
                galleries = gallery.galleries()
            sets.append(
                UnitSet(
                    name=point,
                    title=f"{sweep.title}, {sweep.parameter} = {value:g}",
                    kind=sweep.kind,
                    n_units=rows["l0"].units,
                    fvu=_score(rows["fvu"]),
                    l0=_score(rows["l0"]),
                    accuracy=_score(rows["accuracy"]) if "accuracy" in rows else None,
                    n_dead=rows["l0"].dead,
                    density=np.asarray(_units_of(units, point)["density"]) if point in shown else None,
                    galleries=galleries,
                )
            )
    return sets


def _all_neurons(layer: LayerPlan) -> str:
    """The point of the sweep that keeps all neurons."""
    sweep = next(sweep for sweep in layer.sweeps if sweep.kind == "neurons")
    return sweep.point_name(sweep.values[-1])


def _units_of(units: pa.Table, point: str) -> pa.Table:
    return units.filter(pc.equal(pc.cast(units["unit_set"], pa.string()), point))


@dataclass(frozen=True, eq=False)
class _GalleryMaker:
    """Picks units of one set, by the same rule for neurons and features, and finds what fires them."""

    configuration: RunConfiguration
    folder: RunFolder
    layer: LayerPlan
    store: Activations
    report: ImageSet
    point: str
    units: pa.Table

    def galleries(self) -> tuple[Gallery, ...]:
        codes = self._codes()
        scores = _units_of(self.units, self.point)
        density = np.asarray(scores["density"])
        alive = np.flatnonzero(density > 0)
        n = min(self.configuration.gallery_units, len(alive))
        drawn = np.sort(np.random.default_rng(self.configuration.seed).permutation(alive)[:n])
        measure = CARD_MEASURES[-1]
        ranked = np.nan_to_num(
            np.asarray(scores[measure].to_numpy(zero_copy_only=False), np.float64), nan=-np.inf
        )
        best = np.argsort(-ranked, kind="stable")[:n]
        everyone = f"{len(density):,} units"
        return (
            Gallery(
                "drawn at random",
                f"{n} of {everyone}, drawn at random among those that fire (seed {self.configuration.seed}).",
                self._cards(codes, scores, drawn),
            ),
            Gallery(
                "the most monosemantic",
                f"The {n} of {everyone} with the highest monosemanticity score (independent encoder, "
                "centred).",
                self._cards(codes, scores, best),
            ),
        )

    def _codes(self) -> sparse.csr_array:
        place = self.folder.dictionary(self.layer.network, self.layer.layer, self.point)
        dictionary = load_dictionary(place)
        return dictionary.transform(self.store.rows(0, len(self.store)))

    def _cards(self, codes: sparse.csr_array, scores: pa.Table, chosen: np.ndarray) -> tuple[UnitCard, ...]:
        image = np.asarray(self.store.image[:])
        position = None if self.store.position is None else np.asarray(self.store.position[:])
        found = exemplars(codes, units=chosen, image=image, position=position, seed=self.configuration.seed)
        few = codes.tocsc()[:, chosen].tocsr()
        assert self.report.labels is not None
        profiles = class_profile(few, self.report.labels[image], len(self.report.label_names))
        field = self.store.receptive_field
        if position is None or field is None:
            reads = activation_weighted_images(few, self.report.pixels, image)
        else:
            reads = activation_weighted_patches(few, self.report.pixels, image, position, field)
        return tuple(
            UnitCard(
                exemplars=found[i],
                class_profile=profiles[i],
                scores=_card_scores(scores, int(unit)),
                reads=reads[i],
            )
            for i, unit in enumerate(chosen)
        )


def _card_scores(scores: pa.Table, unit: int) -> dict[str, Score]:
    """A unit's own scores; a measure that is not defined on it is left out."""
    found = {key: scores[key][unit].as_py() for key in CARD_MEASURES}
    return {key: Score(value) for key, value in found.items() if value is not None}


# --- the comparison and the frontier


def _duels(layer: LayerPlan, table: MeasureTable) -> Duels | None:
    """Won and lost, family by family, where the layer's sentence compares."""
    found = table.families[layer.layer]
    if not found:
        return None
    place = table.places[layer.layer]
    features = next(
        row.unit_set for row in table.differences if row.at == place and row.unit_set in _features_of(layer)
    )
    families = [family for family in FAMILIES if any(family in outcomes for outcomes in found.values())]
    rows = tuple(
        DuelRow(sweep.title, sweep.kind, found.get(sweep.title))
        for sweep in layer.sweeps
        if sweep.kind != "features"
    )
    return Duels(_where(place), _judged(table, layer, features), tuple(families), rows)


def _features_of(layer: LayerPlan) -> list[str]:
    return [sweep.title for sweep in layer.sweeps if sweep.kind == "features"]


def _judged(table: MeasureTable, layer: LayerPlan, otherwise: str) -> str:
    """The dictionary that the sentence is about."""
    sentence = table.sentences[layer.layer]
    return next((name for name in _features_of(layer) if f"{name} features (" in sentence), otherwise)


def _where(at: str) -> str:
    quantity, value = at.split("=")
    if quantity == "fvu":
        return f"at equal fidelity: variance unexplained {value}"
    if quantity == "l0":
        return f"at equal sparsity: firing units per item {value}"
    return f"at equal fidelity: {100 * float(value):g} % of the loss recovered"


def _comparisons(layer: LayerPlan, table: MeasureTable) -> list[Comparison]:
    found = []
    for at in dict.fromkeys(row.at for row in table.rows if row.at != "own"):
        quantity, value = at.split("=")
        rows = table.select(at=at)
        keys = [key for key in dict.fromkeys(row.measure for row in rows) if _compared(key)]
        order = list(FAMILIES)
        keys.sort(key=lambda key: order.index(_record(key).family))
        found.append(
            Comparison(
                title=_where(at),
                decides=at == table.places[layer.layer],
                matched="l0" if quantity == "l0" else "fvu" if quantity == "fvu" else "loss_recovered",
                target=float(value),
                measures=tuple(keys),
                drawn=tuple(key for key in DRAWN_MEASURES if key in keys)[:_MOST_DRAWN],
                rows=tuple(_comparison_row(sweep, rows, keys) for sweep in layer.sweeps),
            )
        )
    return found


def _record(key: str) -> MeasureRecord:
    return registry()[key.partition("[")[0]]


def _compared(key: str) -> bool:
    """Fidelity is what unit sets are matched on, and what says not which way is better cannot be won."""
    return _record(key).family != "fidelity" and _record(key).higher_is_better is not None


def _comparison_row(sweep: Sweep, rows: tuple[Row, ...], keys: list[str]) -> ComparisonRow:
    mine = {row.measure: row for row in rows if row.unit_set == sweep.title}
    if not mine:
        return ComparisonRow(sweep.title, sweep.kind, {}, "not what the network runs on", reached=False)
    first = next(iter(mine.values()))
    more = "sparser" if first.at.startswith("l0") else "more faithful"
    note = {
        "matched": f"FVU {first.fvu:.3g}, {first.l0:.3g} firing per item",
        "exceeds": f"{more} than asked: FVU {first.fvu:.3g}, {first.l0:.3g} firing per item",
        "unreached": f"never gets there: nearest is FVU {first.fvu:.3g}, {first.l0:.3g} firing per item",
    }[first.status]
    scores = {key: _score(mine[key]) for key in keys if key in mine}
    return ComparisonRow(sweep.title, sweep.kind, scores, note, first.status != "unreached")


def _frontier(layer: LayerPlan, table: MeasureTable, measure: str) -> Frontier:
    lines = []
    for sweep in layer.sweeps:
        points = tuple(
            FrontierPoint(
                row.fvu, row.l0, _score(row), f"{sweep.parameter} = {row.settings[sweep.parameter]:g}"
            )
            for row in table.select(at="own", unit_set=sweep.title, measure=measure)
        )
        lines.append(FrontierLine(sweep.title, sweep.kind, points))
    return Frontier(measure, tuple(lines))
