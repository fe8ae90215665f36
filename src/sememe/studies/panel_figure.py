"""Panels in the page: a plotly figure with its caption and the same numbers as a table."""

import math
from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from sememe.explorer.charts import chart, table
from sememe.explorer.figure_style import marker, template, title
from sememe.explorer.markup import Html, tag
from sememe.explorer.palette import accent
from sememe.explorer.report_data import Kind
from sememe.explorer.wording import number
from sememe.studies.panels import Panel, Series

_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_PANEL = 320  # pixels


def panel_chart(name: str, label: str, panels: Sequence[Panel], caption: object) -> Html:
    """A figure element: panels in two columns, in one on a phone."""
    return chart(
        name,
        label,
        panel_figure(panels, columns=2),
        caption,
        _table(panels, label),
        narrow=panel_figure(panels, columns=1),
    )


def panel_figure(panels: Sequence[Panel], *, columns: int) -> go.Figure:
    """Lines with 95 % intervals; the legend names each line once for all panels."""
    columns = min(columns, len(panels))
    down = -(-len(panels) // columns)
    height = down * _PANEL + 90
    figure = make_subplots(
        rows=down,
        cols=columns,
        horizontal_spacing=0.09,
        vertical_spacing=95 / height if down > 1 else 0,
    )
    named: set[str] = set()
    for i, panel in enumerate(panels):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        title(figure, f"<b>{escape(panel.title)}</b>", place)
        taken: dict[Kind, int] = {"neurons": 0, "features": 0, "control": 0}
        for line in panel.series:
            _line(figure, line, taken[line.kind], line.title not in named, panel.marks, place)
            taken[line.kind] += 1
            named.add(line.title)
        figure.update_xaxes(title_text=escape(panel.x_title), **_x_axis(panel), **place)
        figure.update_yaxes(title_text=escape(panel.y_title), nticks=6, **place)
        if panel.y_range is not None:
            figure.update_yaxes(range=list(panel.y_range), **place)
    below = 56 / height
    return figure.update_layout(template=template(), height=height, margin_t=36, legend_y=-below - 0.02)


def _x_axis(panel: Panel) -> dict[str, object]:
    axis: dict[str, object] = {"type": "log"} if panel.x_log else {}
    if panel.x_ticks:
        axis |= {
            "tickvals": list(panel.x_ticks),
            "ticktext": [number(tick) for tick in panel.x_ticks],
            "tickangle": 0,
        }
    return axis


def _line(
    figure: go.Figure, line: Series, number_in_kind: int, shown: bool, marks: bool, place: dict[str, int]
) -> None:
    figure.add_scatter(
        x=line.x,
        y=line.y,
        error_y={
            "array": [_reach(high, y) for high, y in zip(line.high, line.y, strict=True)],
            "arrayminus": [_reach(y, low) for low, y in zip(line.low, line.y, strict=True)],
            "color": accent(line.kind, "light"),
            "thickness": 1.5,
            "width": 0,
        },
        mode="lines+markers" if marks else "lines",
        name=escape(line.title),
        legendgroup=line.title,
        showlegend=shown,
        line={
            "color": accent(line.kind, "light"),
            "width": 2,
            "dash": _DASHES[number_in_kind % len(_DASHES)],
        },
        marker=marker(line.kind, number_in_kind, 9, "light"),
        hovertemplate=f"<b>{escape(line.title)}</b><br>%{{x:.3g}}: %{{y:.3g}}<extra></extra>",
        **place,
    )


def _reach(high: float, low: float) -> float:
    return 0.0 if math.isnan(high - low) else high - low


def _table(panels: Sequence[Panel], label: str) -> Html:
    rows = [
        [
            tag("span", line.title, class_=f"kind {line.kind}"),
            panel.title,
            number(x),
            number(y),
            "" if math.isnan(low) else f"{number(low)} to {number(high)}",
        ]
        for panel in panels
        for line in panel.series
        for x, y, low, high in zip(line.x, line.y, line.low, line.high, strict=True)
    ]
    return table(["units", "panel", "at", "value", "95 % interval"], rows, label)
