"""Answers as plotly objects: what a network says of a drawing, what gives rise to it, who won.

As the pages Draw, Unit, Image and Compare draw them, from the same records.
"""

from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Integer

from sememe.explorer.figure_style import template, title
from sememe.explorer.palette import Theme, accent, palette
from sememe.explorer.ramp import RAMP
from sememe.explorer.report_data import Duels
from sememe.explorer.score import Kind

_OUTCOMES = {
    "won": (1.0, "▲ won"),
    "lost": (-1.0, "▼ lost"),
    "split": (0.0, "◆ split"),
    "open": (0.0, "· open"),
}
_SIGNED = [
    [float(at), f"rgb({r:.0f},{g:.0f},{b:.0f})"]
    for at, (r, g, b) in zip(np.linspace(0, 1, len(RAMP)), RAMP, strict=True)
]


def probabilities_figure(
    probabilities: Float[np.ndarray, " classes"],
    label_names: Sequence[str],
    *,
    before: Float[np.ndarray, " classes"] | None = None,
    spliced: Float[np.ndarray, " classes"] | None = None,
    theme: Theme = "light",
) -> go.Figure:
    """What the network answers: bars; outlines before an edit; ticks with the reconstruction in place."""
    colours = palette(theme)
    names = [escape(name) for name in label_names]
    figure = go.Figure()
    figure.add_bar(
        x=100 * probabilities, y=names, orientation="h", marker_color=colours["ink"], name="answer"
    )
    if before is not None:
        outline = {"color": "rgba(0,0,0,0)", "line": {"width": 1.5, "color": colours["ink"]}}
        figure.add_bar(x=100 * before, y=names, orientation="h", marker=outline, name="before the edit")
    if spliced is not None:
        tick = {"symbol": "line-ns-open", "size": 14, "color": accent("features", theme)}
        figure.add_scatter(
            x=100 * spliced, y=names, mode="markers", marker=tick, name="with the reconstruction"
        )
    figure.update_traces(hovertemplate="%{y}: %{x:.1f} %<extra>%{fullData.name}</extra>")
    figure.update_xaxes(range=[0, 102], ticksuffix=" %")
    figure.update_yaxes(type="category", autorange="reversed")
    title(figure, "probability of each class", {})
    shows_names = before is not None or spliced is not None
    height = 80 + 26 * len(names)
    return figure.update_layout(
        template=template(theme), barmode="overlay", height=height, showlegend=shows_names
    )


def encoder_figure(
    neurons: Integer[np.ndarray, " read"],
    weights: Float[np.ndarray, " read"],
    *,
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """The neurons that a component's encoder reads most, with their weights."""
    names = [f"neuron {neuron}" for neuron in neurons]
    bars = go.Bar(x=weights, y=names, orientation="h", marker_color=accent(kind, theme))
    figure = go.Figure(bars.update(hovertemplate="%{y}: %{x:.3g}<extra></extra>"))
    figure.update_xaxes(zeroline=True, zerolinecolor=palette(theme)["line-strong"])
    figure.update_yaxes(autorange="reversed")
    title(figure, "weight of the encoder", {})
    return figure.update_layout(template=template(theme), height=80 + 26 * len(names))


def contributions_figure(
    units: Sequence[str],
    contribution: Float[np.ndarray, "units classes"],
    label_names: Sequence[str],
    *,
    theme: Theme = "light",
) -> go.Figure:
    """What each unit that fires on an image adds to each logit: the logit less that without the unit."""
    limit = float(np.abs(contribution).max(initial=0)) or 1.0
    figure = go.Figure(
        go.Heatmap(
            z=contribution,
            x=[escape(name) for name in label_names],
            y=[escape(unit) for unit in units],
            zmin=-limit,
            zmax=limit,
            colorscale=_SIGNED,
            hovertemplate="%{y}, logit %{x}: %{z:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", autorange="reversed")
    title(figure, "what each unit adds to each logit", {})
    return figure.update_layout(template=template(theme), height=80 + 22 * max(1, len(units)))


def concepts_figure(
    names: Sequence[str],
    average_precision: Float[np.ndarray, " concepts"],
    frequency: Float[np.ndarray, " concepts"],
    *,
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """How well a unit detects concepts: average precision, and a tick at what chance gives, its frequency."""
    said = [escape(name) for name in names]
    figure = go.Figure()
    figure.add_bar(
        x=average_precision,
        y=said,
        orientation="h",
        marker_color=accent(kind, theme),
        name="average precision",
    )
    tick = {"symbol": "line-ns-open", "size": 14, "color": palette(theme)["ink"]}
    figure.add_scatter(x=frequency, y=said, mode="markers", marker=tick, name="by chance")
    figure.update_traces(hovertemplate="%{y}: %{x:.3g}<extra>%{fullData.name}</extra>")
    figure.update_xaxes(range=[0, 1.02])
    figure.update_yaxes(autorange="reversed")
    title(figure, "average precision", {})
    return figure.update_layout(template=template(theme), height=100 + 26 * len(said))


def duels_figure(duels: Duels, *, theme: Theme = "light") -> go.Figure:
    """Wins and losses against every control, family by family of measures; words stand in the cells."""
    reached = [row for row in duels.rows if row.outcomes is not None]
    found = [
        [_OUTCOMES.get((row.outcomes or {}).get(name, ""), (np.nan, "")) for name in duels.families]
        for row in reached
    ]
    figure = go.Figure(
        go.Heatmap(
            z=[[value for value, _ in row] for row in found],
            text=[[word for _, word in row] for row in found],
            x=list(duels.families),
            y=[escape(row.title) for row in reached],
            zmin=-1.5,
            zmax=1.5,
            colorscale=_SIGNED,
            showscale=False,
            texttemplate="%{text}",
            hovertemplate="against %{y}, %{x}: %{text}<extra></extra>",
        )
    )
    figure.update_xaxes(type="category")
    figure.update_yaxes(type="category", autorange="reversed")
    title(figure, f"{escape(duels.features)}, {escape(duels.title)}", {})
    return figure.update_layout(template=template(theme), height=100 + 30 * max(1, len(reached)))
