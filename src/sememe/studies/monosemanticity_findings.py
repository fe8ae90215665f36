"""What the study of monosemanticity found: verdicts, how far the aim is reached, scores, frontiers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from sememe import measures
from sememe.explorer.charts import scrolling, table
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.report_data import Kind
from sememe.measures import MeasureTable, Row
from sememe.studies.lineup import Entry
from sememe.studies.markdown import markdown_table
from sememe.studies.page import Section
from sememe.studies.panel_figure import panel_chart
from sememe.studies.panels import Panel, Series, series
from sememe.studies.study import Findings
from sememe.studies.subjects import LAYERS

if TYPE_CHECKING:
    from sememe.studies.monosemanticity import Monosemanticity

COUNTED = ("selectivity", "similarity", "concepts", "simulation", "cause")
"""The families of measures that the aim is about, 2 to 6 of the protocol."""
PIECES = ("concepts", "cause")
"""The families on which features should be above remembered examples."""
# A measure a family, or two, for tables that are read; the Parquet table has all.
SHOWN = {
    "class_information": "class information",
    "monosemanticity_score[encoder, centred]": "MS",
    "concept_average_precision": "concept precision",
    "concept_share": "concept share",
    "simulation_score": "simulation",
    "effect_specificity[zero]": "effect specificity",
    "universality": "universality",
}
DRAWN = ("monosemanticity_score[encoder, centred]", "concept_average_precision")


def findings(study: "Monosemanticity", tables: Mapping[str, MeasureTable]) -> Findings:
    """Everything that is told, from the tables of the layers."""
    sentences = [_summary(study, tables)]
    sentences += [f"{_answer(found, layer)}. {found.sentences[layer]}" for layer, found in tables.items()]
    sections = [_section(study, layer, found) for layer, found in tables.items()]
    lines = [sentences[0], _verdicts(tables), _aims(study, tables), _scores(study, tables)]
    return Findings(
        table=pa.concat_tables([_table(found) for found in tables.values()], promote_options="permissive"),
        sentences=tuple(sentences),
        sections=tuple(sections),
        markdown="\n\n".join(lines),
        figure=tuple(_frontier(study, layer, found, DRAWN[0]) for layer, found in tables.items()),
    )


# --- in words


def _summary(study: "Monosemanticity", tables: Mapping[str, MeasureTable]) -> str:
    """The answer in one paragraph: what was won and lost against the neurons, then the verdicts."""
    by_answer: dict[str, list[str]] = {"yes": [], "mixed": [], "no": []}
    counts = []
    for layer, found in tables.items():
        by_answer[found.answers[layer]].append(layer)
        for name in (entry.sweep.title for entry in study.entries(layer) if _is_chosen(entry)):
            met = duel(found, name, "neurons", _place(study), COUNTED)
            if met.tests:
                lost = f", below them on {len(met.lost)}" if met.lost else ""
                counts.append(
                    f"on {layer} they ({name}) are above them on {len(met.won)} of {met.tests}{lost}"
                )
            else:
                counts.append(f"on {layer} {name} never meets them there")
    said = [f"{word} on {_listed(layers)}" for word, layers in by_answer.items() if layers]
    return (
        f"Where {100 * study.fvu[0]:g} % of the variance is lost, features are compared with neurons on the "
        f"measures of five families ({_listed(COUNTED)}): {'; '.join(counts)}; on the others they cannot be "
        "told apart. By the rule of the verdict, which also asks that no family is lost and every control is "
        f"beaten, the answer is {_listed(said)}."
    )


def _is_chosen(entry: Entry) -> bool:
    return entry.sweep.kind == "features" and not entry.beside


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _answer(found: MeasureTable, layer: str) -> str:
    return found.answers[layer].capitalize()


# --- the aim


@dataclass(frozen=True)
class Duel:
    """One family of dictionaries against one control, at one place: names of measures."""

    won: tuple[str, ...]
    lost: tuple[str, ...]
    tests: int

    def __str__(self) -> str:
        return f"{len(self.won)} : {len(self.lost)} of {self.tests}" if self.tests else "not there"


def duel(found: MeasureTable, unit_set: str, control: str, at: str, families: Sequence[str]) -> Duel:
    """Measures won and lost; a measure under several embeddings or edits counts once.

    It is won when it is won under some of them and lost under none, and the other way round.
    """
    outcomes: dict[str, set[str]] = {}
    for row in found.differences:
        name = row.measure.partition("[")[0]
        if (row.unit_set, row.control, row.at) == (unit_set, control, at) and _family(name) in families:
            outcomes.setdefault(name, set()).add(row.outcome)
    return Duel(
        won=tuple(name for name, seen in outcomes.items() if "win" in seen and "loss" not in seen),
        lost=tuple(name for name, seen in outcomes.items() if "loss" in seen and "win" not in seen),
        tests=len(outcomes),
    )


def _family(measure: str) -> str:
    return measures.registry()[measure].family


def _place(study: "Monosemanticity") -> str:
    return f"fvu={study.fvu[0]:g}"


def _features(study: "Monosemanticity", layer: str) -> list[str]:
    return [family for family, kind in study.kinds(layer).items() if kind == "features"]


def _aims(study: "Monosemanticity", tables: Mapping[str, MeasureTable]) -> str:
    at, words = _place(study), f"{100 * study.fvu[0]:g} % of the variance is lost"
    against: dict[str, Sequence[str]] = {"neurons": COUNTED}
    against |= dict.fromkeys(("rotated neurons", "random directions", "wide random directions"), COUNTED)
    against |= dict.fromkeys(("stored activations", "wide stored activations", "k-means"), PIECES)
    head = ["layer", "dictionary", "won of each family against neurons"]
    head += [f"{name} (concepts, cause)" if of is PIECES else name for name, of in against.items()]
    rows, losses = [], []
    for layer, found in tables.items():
        for unit_set in _features(study, layer):
            duels = {name: duel(found, unit_set, name, at, of) for name, of in against.items()}
            families = [duel(found, unit_set, "neurons", at, [family]) for family in COUNTED]
            by_family = ", ".join(
                f"{family} {duelled}" for family, duelled in zip(COUNTED, families, strict=True)
            )
            rows.append([f"`{layer}`", unit_set, by_family, *map(str, duels.values())])
            named = [_lost_by(found, unit_set, name, at) for name in duels["neurons"].lost]
            losses.append(f"- `{layer}`, {unit_set}: {', '.join(named) or 'none'}")
    lead = (
        f"Measures won : lost where {words} (5 %, Holm-corrected over all tests of a dictionary there; a "
        "measure under several embeddings counts once). The aim was: 8 or more won against neurons, all "
        "against rotated neurons and random directions, and concepts and cause against remembered examples. "
        "*Not there*: one of the two never loses so little."
    )
    listed = "\n".join(losses)
    return f"{lead}\n\n{markdown_table(head, rows)}\n\nMeasures lost to the neurons there:\n\n{listed}"


def _lost_by(found: MeasureTable, unit_set: str, measure: str, at: str) -> str:
    """A measure that was lost to the neurons, and by how much under the embedding that says most."""
    rows = [
        row
        for row in found.differences
        if (row.unit_set, row.control, row.at) == (unit_set, "neurons", at)
        and row.measure.partition("[")[0] == measure
        and row.outcome == "loss"
    ]
    worst = max(rows, key=lambda row: abs(row.value))
    title = measures.registry()[measure].title.lower()
    return f"{title} ({worst.value:+.2f} [{worst.low:+.2f}, {worst.high:+.2f}])".replace("-", "−")


# --- tables


def _verdicts(tables: Mapping[str, MeasureTable]) -> str:
    rows = [
        [f"`{layer}`", f"**{found.answers[layer]}**", found.sentences[layer]]
        for layer, found in tables.items()
    ]
    return markdown_table(["layer", "answer", "why"], rows)


def _scores(study: "Monosemanticity", tables: Mapping[str, MeasureTable]) -> str:
    at = _place(study)
    head = ["layer", "units", "firing", *SHOWN.values(), "dead"]
    rows = []
    for layer, found in tables.items():
        for unit_set in study.kinds(layer):
            mine = _at(found, unit_set, at)
            if not mine:
                continue
            first = next(iter(mine.values()))
            if first.status == "unreached":
                nearest = f"never there (nearest: {100 * first.fvu:.0f} % lost)"
                rows.append([f"`{layer}`", unit_set, nearest, *[""] * (len(SHOWN) + 1)])
                continue
            dead = f"{100 * first.dead / first.units:.0f} %"
            rows.append(
                [f"`{layer}`", unit_set, f"{first.l0:.1f}", *[_cell(mine.get(key)) for key in SHOWN], dead]
            )
    lead = (
        f"Means over units where {100 * study.fvu[0]:g} % of the variance is lost, with 95 % intervals over "
        f"images, units and seeds ({study.networks} networks, {study.dictionaries} dictionaries on each); "
        "dead units count as 0."
    )
    return f"{lead}\n\n{markdown_table(head, rows)}"


def _at(found: MeasureTable, unit_set: str, at: str) -> dict[str, Row]:
    return {row.measure: row for row in found.select(unit_set=unit_set, at=at)}


def _cell(row: Row | None) -> str:
    if row is None or math.isnan(row.value):
        return "–"
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


def _table(found: MeasureTable) -> pa.Table:
    """Scores and differences as rows of one table; what only one of them has is null in the other."""
    scores = [{"row": "score"} | asdict(row) | {"settings": str(dict(row.settings))} for row in found.rows]
    differences = [{"row": "difference"} | asdict(row) for row in found.differences]
    both = [pa.Table.from_pylist(rows) for rows in (scores, differences) if rows]
    return pa.concat_tables(both, promote_options="permissive")


# --- the page


def _section(study: "Monosemanticity", layer: str, found: MeasureTable) -> Section:
    places = list(dict.fromkeys(row.at for row in found.differences))
    body = markup(
        tag("p", f"{_answer(found, layer)}. {found.sentences[layer]}", class_="lead"),
        [tag("p", note, class_="prose muted") for note in found.notes.get(layer, ())],
        panel_chart(
            f"{layer}-frontier",
            f"Scores on {layer} against the variance lost",
            [_frontier(study, layer, found, measure) for measure in SHOWN if _has(found, measure)],
            "Every point is a setting, pooled over all seeds; bars are 95 % intervals. Up and to the left is "
            "better on both. Only the settings that a place of comparison asks for are scored. What loses "
            "nothing is drawn at the left edge.",
        ),
        tag("h3", "Measures won and lost"),
        [_duels(study, layer, found, at) for at in places],
        tag("h3", "Scores"),
        [_score_table(study, layer, found, at) for at in places],
    )
    return Section(
        layer, layer, tag("div", tag("p", LAYERS[layer].title, class_="muted"), body, class_="stack")
    )


def _has(found: MeasureTable, measure: str) -> bool:
    return any(row.measure == measure for row in found.rows)


def _duels(study: "Monosemanticity", layer: str, found: MeasureTable, at: str) -> Html:
    controls = [family for family, kind in study.kinds(layer).items() if kind != "features"]
    rows = []
    for unit_set in _features(study, layer):
        fought = [duel(found, unit_set, control, at, list(measures.FAMILIES)) for control in controls]
        rows.append([tag("span", unit_set, class_="kind features"), *map(str, fought)])
    label = f"Measures won and lost at {at}"
    made = table(["dictionary, won : lost against", *controls], rows, label)
    return tag("div", tag("h4", _words(at)), scrolling(made, label))


def _score_table(study: "Monosemanticity", layer: str, found: MeasureTable, at: str) -> Html:
    shown = list(dict.fromkeys(row.measure for row in found.select(at=at) if _is_of_units(row)))
    rows = []
    for unit_set, kind in study.kinds(layer).items():
        mine = _at(found, unit_set, at)
        if mine:
            first = next(iter(mine.values()))
            there = "does not get there" if first.status == "unreached" else f"{first.l0:.3g}"
            cells = ["" if first.status == "unreached" else _cell(mine.get(key)) for key in shown]
            rows.append([tag("span", unit_set, class_=f"kind {kind}"), there, *cells])
    label = f"Scores of all unit sets at {at}"
    return tag(
        "details",
        tag("summary", _words(at)),
        scrolling(table(["units", "firing", *shown], rows, label), label),
    )


def _is_of_units(row: Row) -> bool:
    return _family(row.measure.partition("[")[0]) not in ("fidelity", "recovery")


def _words(at: str) -> str:
    quantity, _, value = at.partition("=")
    return {
        "fvu": f"Where {100 * float(value):g} % of the variance is lost",
        "l0": f"Where {value} units fire for an item",
    }.get(quantity, f"Where {100 * float(value):g} % of the loss is recovered")


def _frontier(study: "Monosemanticity", layer: str, found: MeasureTable, measure: str) -> Panel:
    """Every scored setting of every family: its score against the variance that it loses."""
    lines: list[Series] = []
    for unit_set, kind in study.kinds(layer).items():
        points = [
            (max(row.fvu, _LEAST), row.value, row.low, row.high)
            for row in found.select(unit_set=unit_set, at="own", measure=measure)
            if not math.isnan(row.value) and row.fvu < 1
        ]
        if points:
            shown: Kind = "neurons" if kind == "neurons" else "features" if kind == "features" else "control"
            lines.append(series(unit_set, shown, points))
    title = SHOWN.get(measure, measure)
    return Panel(f"{layer}: {title}", "variance lost", "", tuple(lines), x_ticks=_TICKS, x_log=True)


_LEAST = 1e-3  # what loses less is drawn here: a log axis has no 0
_TICKS = (0.001, 0.01, 0.1, 1.0)
