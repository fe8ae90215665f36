"""What the study of monosemanticity found: the answer in words, the table, the page with its frontiers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pyarrow as pa

from sememe import measures
from sememe.explorer.charts import scrolling, table
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.report_data import Kind
from sememe.measures import MeasureTable, Row
from sememe.studies.duels import COUNTED, duel, family_of
from sememe.studies.monosemanticity_design import MonosemanticityDesign
from sememe.studies.monosemanticity_lines import (
    SHOWN,
    features_of,
    markdown_lines,
    place_of,
    rows_at,
    score_cell,
)
from sememe.studies.page import Section
from sememe.studies.panel_figure import panel_chart
from sememe.studies.panels import Panel, Series, series
from sememe.studies.study import Findings
from sememe.studies.subjects import LAYERS

DRAWN = "monosemanticity_score[encoder, centred]"
RIVALS = ("rotated neurons", "wide random directions", "wide stored activations", "k-means")


def findings(study: MonosemanticityDesign, tables: Mapping[str, MeasureTable]) -> Findings:
    """Everything that is told, from the tables of the layers."""
    sentences = [_summary(study, tables)]
    sentences += [f"{_answer(found, layer)}. {found.sentences[layer]}" for layer, found in tables.items()]
    sections = [_section(study, layer, found) for layer, found in tables.items()]
    return Findings(
        table=pa.concat_tables([_table(found) for found in tables.values()], promote_options="permissive"),
        sentences=tuple(sentences),
        sections=tuple(sections),
        markdown=markdown_lines(study, tables, sentences[0]),
        figure=tuple(_figure(study, layer, found) for layer, found in tables.items()),
    )


# --- in words


def _summary(study: MonosemanticityDesign, tables: Mapping[str, MeasureTable]) -> str:
    """The answer in one paragraph: what was won and lost against the neurons, then the verdicts."""
    by_answer: dict[str, list[str]] = {"yes": [], "mixed": [], "no": []}
    counts = []
    for layer, found in tables.items():
        by_answer[found.answers[layer]].append(layer)
        for name in (entry.sweep.title for entry in features_of(study, layer, beside=False)):
            met = duel(found, name, "neurons", place_of(study), COUNTED)
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


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _answer(found: MeasureTable, layer: str) -> str:
    return found.answers[layer].capitalize()


# --- tables


def _table(found: MeasureTable) -> pa.Table:
    """Scores and differences as rows of one table; what only one of them has is null in the other."""
    scores = [{"row": "score"} | asdict(row) | {"settings": str(dict(row.settings))} for row in found.rows]
    differences = [{"row": "difference"} | asdict(row) for row in found.differences]
    both = [pa.Table.from_pylist(rows) for rows in (scores, differences) if rows]
    return pa.concat_tables(both, promote_options="permissive")


# --- the page


def _section(study: MonosemanticityDesign, layer: str, found: MeasureTable) -> Section:
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


def _duels(study: MonosemanticityDesign, layer: str, found: MeasureTable, at: str) -> Html:
    controls = [family for family, kind in study.kinds(layer).items() if kind != "features"]
    rows = []
    for unit_set in (name for name, kind in study.kinds(layer).items() if kind == "features"):
        fought = [duel(found, unit_set, control, at, list(measures.FAMILIES)) for control in controls]
        rows.append([tag("span", unit_set, class_="kind features"), *map(str, fought)])
    label = f"Measures won and lost at {at}"
    made = table(["dictionary, won : lost against", *controls], rows, label)
    return tag("div", tag("h4", _words(at)), scrolling(made, label))


def _score_table(study: MonosemanticityDesign, layer: str, found: MeasureTable, at: str) -> Html:
    shown = list(dict.fromkeys(row.measure for row in found.select(at=at) if _is_of_units(row)))
    rows = []
    for unit_set, kind in study.kinds(layer).items():
        mine = rows_at(found, unit_set, at)
        if mine:
            first = next(iter(mine.values()))
            there = "does not get there" if first.status == "unreached" else f"{first.l0:.3g}"
            cells = ["" if first.status == "unreached" else score_cell(mine.get(key)) for key in shown]
            rows.append([tag("span", unit_set, class_=f"kind {kind}"), there, *cells])
    label = f"Scores of all unit sets at {at}"
    return tag(
        "details",
        tag("summary", _words(at)),
        scrolling(table(["units", "firing", *shown], rows, label), label),
    )


def _is_of_units(row: Row) -> bool:
    return family_of(row.measure) not in ("fidelity", "recovery")


def _words(at: str) -> str:
    quantity, _, value = at.partition("=")
    return {
        "fvu": f"Where {100 * float(value):g} % of the variance is lost",
        "l0": f"Where {value} units fire for an item",
    }.get(quantity, f"Where {100 * float(value):g} % of the loss is recovered")


def _figure(study: MonosemanticityDesign, layer: str, found: MeasureTable) -> Panel:
    """What the documentation shows: the neurons, the dictionary that the answer is about, its rivals."""
    chosen = [entry.sweep.title for entry in features_of(study, layer, beside=False)]
    return _frontier(study, layer, found, DRAWN, ("neurons", *chosen, *RIVALS))


def _frontier(
    study: MonosemanticityDesign,
    layer: str,
    found: MeasureTable,
    measure: str,
    shown_sets: Sequence[str] | None = None,
) -> Panel:
    """Every scored setting of every family, or of some: its score against the variance that it loses."""
    lines: list[Series] = []
    for unit_set, kind in study.kinds(layer).items():
        if shown_sets is not None and unit_set not in shown_sets:
            continue
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
