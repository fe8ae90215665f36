"""The figures of a run as plotly objects: one definition for the notebook, the report and the page.

Each takes the dataclasses of :mod:`sememe.explorer.report_data` and a theme and returns a
``plotly.graph_objects.Figure``. Neurons, features and controls keep their colour and their shape everywhere.
"""

import math
from collections.abc import Mapping, Sequence
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sememe.explorer.answer_figures import (
    concepts_figure,
    contributions_figure,
    duels_figure,
    encoder_figure,
    probabilities_figure,
)
from sememe.explorer.figure_style import direction, error_bars, heading, marker, template, title
from sememe.explorer.palette import Theme, accent, palette, soft_accent
from sememe.explorer.picture_figures import gallery_figure, heat_figure, weights_figure
from sememe.explorer.report_data import (
    Comparison,
    ComparisonRow,
    Frontier,
    FrontierLine,
    Kind,
    MeasureNote,
    Score,
)
from sememe.explorer.run_figures import density_figure, training_figure
from sememe.explorer.unit_figures import (
    ablation_figure,
    atlas_figure,
    dose_figure,
    effect_figure,
    histogram_figure,
    profile_figure,
    split_figure,
)
from sememe.explorer.wording import in_full, number

__all__ = [
    "ablation_figure",
    "atlas_figure",
    "comparison_figure",
    "concepts_figure",
    "contributions_figure",
    "density_figure",
    "dose_figure",
    "duels_figure",
    "effect_figure",
    "encoder_figure",
    "frontier_figure",
    "gallery_figure",
    "heat_figure",
    "histogram_figure",
    "probabilities_figure",
    "profile_figure",
    "split_figure",
    "training_figure",
    "weights_figure",
]

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_ROW = 30  # pixels of one row of dots
_EXACT = 1e-6  # a smaller share of variance is what rounding leaves of nothing


def comparison_figure(
    comparison: Comparison, notes: Mapping[str, MeasureNote], *, columns: int = 3, theme: Theme = "light"
) -> go.Figure:
    """Dots with 95 % intervals: a row a unit set, a panel a measure.

    A unit set that never reaches the matched point keeps its row, and says so instead of showing dots.
    """
    measures = comparison.drawn or comparison.measures
    columns = max(1, min(columns, len(measures)))
    down = -(-len(measures) // columns)
    rows = comparison.rows
    heights = list(range(len(rows)))[::-1]  # plotly counts from below
    panel, gap, head = _ROW * len(rows), 100, 44
    height = down * panel + (down - 1) * gap + 2 * head
    figure = make_subplots(
        rows=down,
        cols=columns,
        horizontal_spacing=0.04,
        vertical_spacing=gap / (height - 2 * head) if down > 1 else 0,
    )
    axes: dict[str, dict[str, object]] = {}
    absent: list[dict[str, object]] = []
    for i, name in enumerate(measures):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        # Alone in its row, a panel has its labels' width to the left: titles end at its right edge.
        title(figure, heading(notes[name]), place, side="right" if columns == 1 else "left")
        _dots(figure, rows, heights, name, theme, place)
        number_of_axis = str(i + 1) if i else ""
        absent += _absent(rows, heights, name, theme, number_of_axis)
        shown = [row.scores[name] for row in rows if row.reached and name in row.scores]
        axes[f"xaxis{number_of_axis}"] = {"nticks": 5, "title": {"text": direction(notes[name])}}
        axes[f"xaxis{number_of_axis}"] |= _score_range(notes[name], shown)
        axes[f"yaxis{number_of_axis}"] = {
            "range": [-0.6, len(rows) - 0.4],
            "tickvals": heights,
            "ticktext": [escape(row.title) for row in rows],
            "tickfont": {"size": 13, "color": palette(theme)["ink"]},
            "showticklabels": place["col"] == 1,
        }
    margin = {"t": head, "b": head}
    # All at once: plotly checks every annotation anew with each that is added.
    words = [*figure.to_dict()["layout"].get("annotations", []), *absent]
    return figure.update_layout(
        axes, template=template(theme), height=height, margin=margin, annotations=words
    )


def _score_range(note: MeasureNote, scores: Sequence[Score]) -> dict[str, object]:
    """The whole range of a share from 0 to 1, so that panels and layers can be compared by eye.

    Scores that may be negative stay near 0 in practice: their axis holds 0 and what there is.
    """
    low, high = note.range
    if low < 0:
        ends = [end for score in scores for end in (score.value, score.low, score.high, score.null)]
        found = [0.0, *(end for end in ends if end is not None and math.isfinite(end))]
        low, high = min(found), max(found)
    if not 0 < high - low <= 2:
        return {}
    margin = 0.03 * (high - low)
    return {"range": [low - margin, high + margin]}


def _dots(
    figure: go.Figure,
    rows: Sequence[ComparisonRow],
    heights: Sequence[int],
    measure: str,
    theme: Theme,
    place: dict[str, int],
) -> None:
    """One panel: a trace a kind, a tick where chance is."""
    colours = palette(theme)
    shown: dict[Kind, list[tuple[int, ComparisonRow, Score]]] = {}
    for y, row in zip(heights, rows, strict=True):
        if _has(row, measure):
            shown.setdefault(row.kind, []).append((y, row, row.scores[measure]))
    chance = [(score.null, y) for dots in shown.values() for y, _, score in dots if score.null is not None]
    if chance:
        tick = {"symbol": "line-ns", "size": 12, "line": {"width": 2, "color": colours["line-strong"]}}
        by_chance, level = zip(*chance, strict=True)
        quiet = {"mode": "markers", "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=by_chance, y=level, marker=tick, **quiet, **place)
    for kind, dots in shown.items():
        scores = [score for _, _, score in dots]
        figure.add_scatter(
            x=[score.value for score in scores],
            y=[y for y, _, _ in dots],
            error_x=error_bars(scores, accent(kind, theme)),
            mode="markers",
            marker=marker(kind, 0, 11, theme),
            text=[f"<b>{escape(r.title)}</b><br>{in_full(s)}<br>{escape(r.note)}" for _, r, s in dots],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            **place,
        )


def _has(row: ComparisonRow, measure: str) -> bool:
    return row.reached and measure in row.scores and math.isfinite(row.scores[measure].value)


def _absent(
    rows: Sequence[ComparisonRow], heights: Sequence[int], measure: str, theme: Theme, axis: str
) -> list[dict[str, object]]:
    """A word in one panel for each row without a score."""
    return [
        {
            "text": "<i>not defined</i>" if row.reached else "<i>does not get there</i>",
            "hovertext": row.note or None,
            "font": {"size": 12, "color": palette(theme)["muted"]},
            "showarrow": False,
            "x": 0.01,
            "xref": f"x{axis} domain",
            "xanchor": "left",
            "y": y,
            "yref": f"y{axis}",
        }
        for y, row in zip(heights, rows, strict=True)
        if not _has(row, measure)
    ]


def frontier_figure(
    frontier: Frontier, note: MeasureNote, *, height: int = 400, theme: Theme = "light"
) -> go.Figure:
    """A score against the fraction of variance unexplained (log axis): a line a family, with its intervals.

    A point without reconstruction error, as the neurons are, has no place on a log axis: it is a level line.
    On a phone the legend takes a line a family, which ``height`` (pixels) has to make room for.
    """
    figure = go.Figure()
    taken: dict[Kind, int] = {"neurons": 0, "features": 0, "control": 0}
    for line in frontier.lines:
        _family(figure, line, taken[line.kind], theme)
        taken[line.kind] += 1
    points = [point for line in frontier.lines for point in line.points]
    figure.update_xaxes(
        _fidelity_axis([point.fvu for point in points if point.fvu >= _EXACT]),
        title_text="← more faithful    variance unexplained",
    )
    figure.update_yaxes(_score_range(note, [point.score for point in points]), nticks=6)
    title(figure, heading(note), {})
    # The legend keeps clear of the axis's labels and title.
    return figure.update_layout(template=template(theme), height=height, margin_t=40, legend_y=-0.26)


def _fidelity_axis(fvu: Sequence[float]) -> dict[str, object]:
    """A log axis around some values: a label a decade, and at 2 and 5 when there are less than two."""
    first, last = (math.log10(min(fvu)), math.log10(max(fvu))) if fvu else (-2.0, 0.0)
    margin = max(0.1, 0.04 * (last - first))
    mantissas = (1, 2, 5) if last - first < 2 else (1,)
    decades = range(math.floor(first) - 1, math.ceil(last) + 2)
    ticks = [mantissa * 10.0**decade for decade in decades for mantissa in mantissas]
    return {
        "type": "log",
        "range": [first - margin, last + margin],
        "tickvals": ticks,
        "ticktext": [number(tick) for tick in ticks],
        "tickangle": 0,
    }


def _family(figure: go.Figure, line: FrontierLine, number_in_kind: int, theme: Theme) -> None:
    colour = accent(line.kind, theme)
    dash = _DASHES[number_in_kind % len(_DASHES)]
    name = escape(line.title)
    exact = [point for point in line.points if point.fvu < _EXACT]
    for point in exact:
        figure.add_hline(
            y=point.score.value,
            line={"color": colour, "width": 1.5, "dash": "dot"},
            name=f"{name}, nothing lost: {number(point.score.value)}",
            showlegend=True,
        )
    points = [point for point in line.points if point.fvu >= _EXACT]
    if not points:
        return
    x = [point.fvu for point in points]
    if len(points) > 1 and all(point.score.low is not None for point in points):
        low = [point.score.low for point in points]
        high = [point.score.high for point in points]
        figure.add_scatter(
            x=x + x[::-1],
            y=high + low[::-1],
            fill="toself",
            fillcolor=soft_accent(line.kind, theme),
            line_width=0,
            mode="lines",
            hoverinfo="skip",
            legendgroup=name,
            showlegend=False,
        )
    alone = len(points) == 1
    figure.add_scatter(
        x=x,
        y=[point.score.value for point in points],
        error_y=error_bars([points[0].score], colour) if alone else None,
        mode="markers" if alone else "lines+markers",
        name=name,
        legendgroup=name,
        line={"color": colour, "width": 2, "dash": dash},
        marker=marker(line.kind, number_in_kind, 9, theme),
        text=[
            f"<b>{name}</b>, {escape(point.title)}<br>{in_full(point.score)}<br>"
            f"FVU {number(point.fvu)}, {number(point.l0)} firing units per item"
            for point in points
        ],
        hovertemplate="%{text}<extra></extra>",
    )
