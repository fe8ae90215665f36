"""A figure in a page: a plot drawn when it comes into view, its caption, the same numbers as a table."""

import base64
import gzip
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.report_data import Comparison, Frontier, MeasureNote, Score, UnitSet
from sememe.explorer.wording import DASH, interval, measured_on, number, percent


def chart(
    name: str, label: str, wide: go.Figure, caption: object, table: Html, narrow: go.Figure | None = None
) -> Html:
    """A figure element; ``narrow`` is the variant for phones where the same figure will not do.

    The plot is a picture to screen readers, named by ``label``; its numbers are in the table below it.
    """
    variants = [("wide", wide)] + ([("narrow", narrow)] if narrow is not None else [])
    stored = [
        # "</" would end the script element early.
        tag(
            "script",
            Html(figure.to_json().replace("</", "<\\/")),
            type="application/json",
            data_variant=variant,
        )
        for variant, figure in variants
    ]
    height = f"--plot-height:{wide.layout.height}px"
    return tag(
        "figure",
        tag("div", class_="plot", role="img", aria_label=label, style=height),
        tag("figcaption", caption),
        tag("details", tag("summary", "The same as a table"), scrolling(table, f"{label}, as a table")),
        stored,
        class_="chart",
        id=name,
    )


def scrolling(wide: Html, label: str) -> Html:
    """A box in which something wide scrolls by itself, by keyboard too."""
    return tag("div", wide, class_="scroll", tabindex=0, role="region", aria_label=label)


def table(head: Sequence[object], rows: Sequence[Sequence[object]], caption: str) -> Html:
    """A table whose first column names the rows."""
    heads = [tag("th", cell, scope="col") for cell in head]
    body = [
        tag("tr", tag("th", row[0], scope="row"), [tag("td", cell, class_="number") for cell in row[1:]])
        for row in rows
    ]
    hidden = tag("caption", caption, class_="visually-hidden")
    return tag("table", hidden, tag("thead", tag("tr", heads)), tag("tbody", body))


def score_cell(score: Score | None, *, as_percent: bool = False) -> object:
    """Value above, interval and n below."""
    if score is None:
        return DASH
    write = percent if as_percent else number
    details = [interval(score, write), measured_on(score)]
    if score.without_dead not in (None, score.value):
        details.append(f"{write(score.without_dead)} without dead units")
    if score.null is not None and not math.isnan(score.null):
        details.append(f"{write(score.null)} by chance")
    return markup(write(score.value), [tag("span", said, class_="interval") for said in details if said])


def short_cell(
    score: Score | None, *, with_n: bool = True, dead: bool = True, as_percent: bool = False
) -> object:
    """Value and interval in one line: ``0.0726 [0.0705, 0.0752]``; below it what the caller has not said."""
    if score is None:
        return DASH
    write = percent if as_percent else number
    between = None
    if score.low is not None and score.high is not None:
        between = tag("span", f" [{write(score.low)}, {write(score.high)}]", class_="muted")
    details = [measured_on(score) if with_n else ""]
    if dead and score.without_dead not in (None, score.value):
        details.append(f"{write(score.without_dead)} without dead units")
    below = [tag("span", said, class_="interval") for said in details if said]
    return markup(write(score.value), between, below)


def comparison_table(comparison: Comparison, notes: Mapping[str, MeasureNote]) -> Html:
    """The numbers of :func:`~sememe.explorer.figures.comparison_figure` and of what it leaves out.

    A table a family of measures, so that each can be taken in.
    """
    families: dict[str, list[str]] = {}
    for name in comparison.measures:
        families.setdefault(notes[name].family, []).append(name)
    made = []
    for family, names in families.items():
        head = ["unit set", *(notes[name].title for name in names)]
        rows = [
            [
                tag("span", row.title, class_=f"kind {row.kind}"),
                *(score_cell(row.scores.get(name)) for name in names),
            ]
            for row in comparison.rows
            if row.reached
        ]
        caption = f"{comparison.title}: {family}" if family else comparison.title
        made.append(markup(tag("p", tag("b", family)) if family else None, table(head, rows, caption)))
    how = [[tag("span", row.title, class_=f"kind {row.kind}"), row.note] for row in comparison.rows]
    return markup(made, table(["unit set", "how it was matched"], how, "How unit sets were matched"))


def frontier_table(frontier: Frontier, notes: Mapping[str, MeasureNote]) -> Html:
    """The numbers of :func:`~sememe.explorer.figures.frontier_figure`."""
    title = notes[frontier.measure].title
    rows = [
        [
            tag("span", f"{line.title}, {point.title}", class_=f"kind {line.kind}"),
            number(point.fvu),
            number(point.l0),
            score_cell(point.score),
        ]
        for line in frontier.lines
        for point in line.points
    ]
    return table(["unit set", "variance unexplained", "firing units per item", title], rows, title)


def density_table(unit_sets: Sequence[UnitSet]) -> Html:
    """Quartiles of the densities that :func:`~sememe.explorer.figures.density_figure` draws."""
    rows = []
    for unit_set in unit_sets:
        if unit_set.density is None:
            continue
        alive = unit_set.density[unit_set.density > 0]
        quartiles = np.quantile(alive, [0, 0.25, 0.5, 0.75, 1]) if len(alive) else np.full(5, np.nan)
        name = tag("span", unit_set.title, class_=f"kind {unit_set.kind}")
        rows.append(
            [name, f"{len(alive):,}", f"{len(unit_set.density) - len(alive):,}", *map(percent, quartiles)]
        )
    head = [
        "unit set",
        "live units",
        "dead units",
        "rarest",
        "lower quarter",
        "median",
        "upper quarter",
        "most frequent",
    ]
    return table(head, rows, "Share of items at which units fire")


def packed_plotly() -> str:
    """The installed plotly.js, gzipped, in base64; the page unpacks it when a first figure is needed."""
    return base64.b64encode(gzip.compress(get_plotlyjs().encode(), compresslevel=9, mtime=0)).decode()
