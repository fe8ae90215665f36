"""The figures of a single unit, and of a layer's atoms, as plotly objects for the notebook.

What the pages Unit, Compare and Atlas draw by themselves, from the same records of
:mod:`sememe.explanations`.
"""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from sememe.explanations import ActivationHistogram, AtomMap, ClassEffects, DoseCurve, LogitEffect, Split
from sememe.explorer.figure_style import template, title
from sememe.explorer.palette import Theme, accent, palette, soft_accent
from sememe.explorer.ramp import RAMP
from sememe.explorer.score import Kind
from sememe.explorer.wording import number, percent

_DASHES = ("solid", "dash", "dot")
_FEWEST_DRAWN = 3  # logits that a dose-response figure names


def histogram_figure(
    histogram: ActivationHistogram,
    label_names: Sequence[str],
    *,
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """How strongly a unit fires, stacked by class; counts on an axis of square roots."""
    figure = go.Figure()
    middles = (histogram.edges[1:] + histogram.edges[:-1]) / 2
    total = histogram.counts.sum(axis=0)
    tall = np.sqrt(total)
    for c, counts in enumerate(histogram.counts):
        name = label_names[c] if c < len(label_names) else ""
        share = np.divide(counts, total, out=np.zeros(len(total)), where=total > 0)
        figure.add_bar(
            x=middles,
            y=tall * share,
            name=name,
            customdata=counts,
            hovertemplate=f"{name}: %{{customdata}} firings around %{{x:.3g}}<extra></extra>",
            marker={
                "color": accent(kind, theme),
                "opacity": 0.35 + 0.6 * ((c * 3) % 5) / 4,
                "line": {"width": 0.5, "color": palette(theme)["surface"]},
            },
        )
    highest = int(total.max(initial=1))
    ticks = sorted({int(highest * share) for share in (0, 0.05, 0.25, 0.5, 1)})
    figure.update_yaxes(tickvals=np.sqrt(ticks), ticktext=[f"{tick:,}" for tick in ticks])
    figure.update_xaxes(title_text="activation")
    title(figure, "firings", {})
    return figure.update_layout(template=template(theme), barmode="stack", bargap=0.04, height=300)


def profile_figure(
    profile: Float[np.ndarray, " classes"],
    label_names: Sequence[str],
    *,
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """The share of a unit's activation on each class."""
    figure = go.Figure()
    figure.add_bar(
        x=list(label_names),
        y=100 * profile,
        marker_color=accent(kind, theme),
        hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
    )
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero")
    figure.update_xaxes(type="category")
    title(figure, "share of the activation", {})
    return figure.update_layout(template=template(theme), height=260)


def effect_figure(
    effect: LogitEffect, label_names: Sequence[str], *, kind: Kind = "features", theme: Theme = "light"
) -> go.Figure:
    """How far 1 of a unit's activation moves each logit; intervals where it was measured."""
    figure = go.Figure()
    found = effect.effect
    figure.add_bar(
        x=list(label_names),
        y=found.value,
        error_y=None if effect.exact else _reach(found.value, found.low, found.high, theme),
        marker_color=accent(kind, theme),
        hovertemplate="logit %{x}: %{y:.3g}<extra></extra>",
    )
    figure.update_yaxes(zeroline=True, zerolinecolor=palette(theme)["line-strong"])
    figure.update_xaxes(type="category")
    how = "exact, from the weights" if effect.exact else f"by ablation, n = {found.n:,} images"
    title(figure, f"change of the logit per 1 of activation ({how})", {})
    return figure.update_layout(template=template(theme), height=300)


def ablation_figure(
    effects: ClassEffects, label_names: Sequence[str], *, theme: Theme = "light"
) -> go.Figure:
    """The mean change of every logit (column) on the images of each class (row) without the unit."""
    limit = float(np.nanmax(np.abs(effects.change), initial=0)) or 1.0
    rows = [f"{name} ({n:,})" for name, n in zip(label_names, effects.images, strict=True)]
    stops = np.linspace(0, 1, len(RAMP))
    figure = go.Figure(
        go.Heatmap(
            z=effects.change,
            x=list(label_names),
            y=rows,
            zmin=-limit,
            zmax=limit,
            colorscale=[
                [float(at), f"rgb({r:.0f},{g:.0f},{b:.0f})"]
                for at, (r, g, b) in zip(stops, RAMP, strict=True)
            ],
            customdata=np.stack([effects.low, effects.high], axis=-1),
            hovertemplate="class %{y}, logit %{x}: %{z:.3g}<br>"
            "95 % interval %{customdata[0]:.3g} to %{customdata[1]:.3g}<extra></extra>",
        )
    )
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_xaxes(type="category")
    title(figure, "change of each logit when the unit is ablated, by class", {})
    return figure.update_layout(template=template(theme), height=80 + 28 * len(rows))


def dose_figure(
    curve: DoseCurve, label_names: Sequence[str], *, kind: Kind = "features", theme: Theme = "light"
) -> go.Figure:
    """How the three logits that move most follow a unit that is turned down and up."""
    figure = go.Figure()
    moved = np.ptp(curve.change, axis=0)
    for nth, c in enumerate(np.argsort(-moved, kind="stable")[:_FEWEST_DRAWN]):
        band = np.concatenate([curve.high[:, c], curve.low[::-1, c]])
        name = f"logit {label_names[c]}"
        figure.add_scatter(
            x=np.concatenate([curve.factor, curve.factor[::-1]]),
            y=band,
            fill="toself",
            fillcolor=soft_accent(kind, theme),
            line_width=0,
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=curve.factor,
            y=curve.change[:, c],
            name=name,
            mode="lines+markers",
            line={"color": accent(kind, theme), "dash": _DASHES[nth]},
            hovertemplate=f"{name}: %{{y:.3g}} at %{{x:g}} times<extra></extra>",
        )
    figure.update_xaxes(title_text="times its own activation")
    title(figure, f"change of the logit, mean over {curve.images:,} images", {})
    return figure.update_layout(template=template(theme), height=320)


def split_figure(split: Split, neuron: int, *, most: int = 8, theme: Theme = "light") -> go.Figure:
    """Into which components a neuron splits: the largest shares, all others together, what is left."""
    order = np.argsort(-np.abs(split.share), kind="stable")[:most]
    rest = float(np.delete(split.share, order).sum())
    names = [f"feature {unit}" for unit in order] + ["all others", "constant", "not explained"]
    shares = [*split.share[order].tolist(), rest, split.constant, split.error]
    colours = [accent("features", theme)] * (len(order) + 1) + [accent("control", theme)] * 2
    figure = go.Figure()
    figure.add_bar(
        x=[100 * share for share in shares],
        y=names,
        orientation="h",
        marker_color=colours,
        text=[percent(share) if share >= 0 else f"−{percent(-share)}" for share in shares],
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(ticksuffix=" %")
    title(figure, f"shares of neuron {neuron}'s activation", {})
    return figure.update_layout(template=template(theme), height=80 + 26 * len(names))


def atlas_figure(
    atoms: AtomMap,
    colour: Float[np.ndarray, " atoms"] | None = None,
    *,
    colour_title: str = "",
    kind: Kind = "features",
    theme: Theme = "light",
) -> go.Figure:
    """A map of atoms, coloured by a measure; its title says how far it can be trusted."""
    figure = go.Figure()
    stops = np.linspace(0, 1, len(RAMP))
    scale = [[float(at), f"rgb({r:.0f},{g:.0f},{b:.0f})"] for at, (r, g, b) in zip(stops, RAMP, strict=True)]
    colours: dict[str, object] = {"color": accent(kind, theme)}
    if colour is not None:
        colours = {"color": colour, "colorscale": scale, "colorbar": {"title": {"text": colour_title}}}
    figure.add_scatter(
        x=atoms.place[:, 0],
        y=atoms.place[:, 1],
        mode="markers",
        marker={"size": 8, "line": {"width": 1, "color": palette(theme)["muted"]}} | colours,
        customdata=np.arange(len(atoms.place)),
        hovertemplate="unit %{customdata}<extra></extra>",
    )
    hidden = {"visible": False}
    figure.update_xaxes(hidden)
    figure.update_yaxes(hidden | {"scaleanchor": "x"})
    name = {"pca": "PCA", "tsne": "t-SNE"}[atoms.method]
    said = f"{name}, trustworthiness {number(atoms.trustworthiness)}: distances between groups mean nothing"
    title(figure, said, {})
    return figure.update_layout(template=template(theme), height=560, dragmode="lasso")


def _reach(
    value: Float[np.ndarray, " classes"],
    low: Float[np.ndarray, " classes"],
    high: Float[np.ndarray, " classes"],
    theme: Theme,
) -> dict[str, object]:
    return {
        "array": high - value,
        "arrayminus": value - low,
        "color": palette(theme)["ink"],
        "thickness": 2,
        "width": 0,
    }
