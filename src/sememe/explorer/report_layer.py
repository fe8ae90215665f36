"""One layer in the report: its answer, its galleries, its densities, the comparison, the frontier."""

import re
from collections.abc import Sequence

from sememe.explorer import figures, prose
from sememe.explorer.charts import (
    chart,
    comparison_table,
    density_table,
    frontier_table,
    scrolling,
    short_cell,
    table,
)
from sememe.explorer.gallery import Setting, gallery, images_shown
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.pictures import is_ink, sprite
from sememe.explorer.report_data import Comparison, Gallery, LayerReport, MeasureNote, ReportData, UnitSet
from sememe.explorer.wording import DASH, capitalised, measured_on

Notes = dict[str, MeasureNote]
_MOST_TABS = 4
_MOST_ROWS = 6
# On a phone a legend takes up to a line a family, below the plot. Pixels.
_PLOT, _LEGEND_LINE = 430, 22


def layer_panel(layer: LayerReport, data: ReportData, notes: Notes, anchor: str) -> Html:
    """Everything about one layer, as one panel."""
    places = f"{layer.n_items:,} {'positions' if layer.grid else 'images'}" if layer.n_items else None
    # A sweep over the neurons has some silenced: those that keep all have the fewest dead.
    dead = min((s.n_dead for s in layer.unit_sets if s.kind == "neurons" and s.n_dead is not None), default=0)
    facts = [
        f"{layer.n_neurons:,} neurons" + (f" ({dead:,} dead)" if dead else ""),
        layer.grid and f"a map of {layer.grid[0]} × {layer.grid[1]} positions",
    ]
    facts.append(places and f"scored on {places}")
    head = tag(
        "div",
        tag("h3", tag("code", layer.network), " · ", tag("code", layer.name), ": ", layer.title),
        tag("p", ", ".join(fact for fact in facts if fact), ".", class_="muted"),
        layer.answer and tag("p", layer.answer.sentence, class_="lead"),
        class_="layer-head",
    )
    return markup(
        head,
        _galleries(layer, data, notes, anchor),
        _unit_sets(layer.unit_sets),
        _densities(layer, anchor),
        _duels(layer),
        _comparisons(layer, notes, anchor),
        _frontiers(layer, notes, anchor),
        tag("div", [tag("p", note) for note in layer.notes], class_="block prose small muted")
        if layer.notes
        else None,
    )


def note_id(measure: str) -> str:
    """The id of a measure's note; names of variants hold brackets and spaces, ids may not."""
    return "note-" + re.sub(r"[^a-z0-9]+", "-", measure.lower()).strip("-")


def pending(what: str) -> Html:
    """Says that a part of the run is still to come."""
    return tag("p", f"Not measured yet: {what}.", class_="pending")


def choices(
    options: Sequence[tuple[str, str]], panels: Sequence[Html], name: str, label: str, first: int = 0
) -> Html:
    """Tabs over panels; a list to pick from when they are many. The ``first`` is open to begin with.

    Without script, the panels simply follow one another.
    """
    if len(panels) == 1:
        return panels[0]
    if len(panels) > _MOST_TABS:
        picks = [
            tag("option", title, value=f"{name}-{key}", selected=i == first)
            for i, (key, title) in enumerate(options)
        ]
        shown = [
            tag("div", panel, id=f"{name}-{key}") for (key, _), panel in zip(options, panels, strict=True)
        ]
        picker = tag("label", f"{label}: ", tag("select", picks), class_="tabs picker")
        return tag("div", picker, shown, class_="tabbed")
    tabs = [
        tag(
            "button",
            title,
            role="tab",
            type="button",
            id=f"{name}-{key}-tab",
            aria_controls=f"{name}-{key}",
            aria_selected="true" if i == first else "false",
            tabindex=0 if i == first else -1,
        )
        for i, (key, title) in enumerate(options)
    ]
    shown = [
        tag("div", panel, role="tabpanel", id=f"{name}-{key}", aria_labelledby=f"{name}-{key}-tab")
        for (key, _), panel in zip(options, panels, strict=True)
    ]
    return tag(
        "div",
        tag("div", tabs, role="tablist", class_="choices tabs", aria_label=label),
        shown,
        class_="tabbed",
    )


def _block(title: str, lead: object, *body: object) -> Html:
    return tag(
        "div", tag("h4", title), tag("div", tag("p", lead), class_="prose muted"), *body, class_="block"
    )


def _galleries(layer: LayerReport, data: ReportData, notes: Notes, anchor: str) -> Html:
    title = "What fires the units"
    everything = [shown for unit_set in layer.unit_sets for shown in unit_set.galleries]
    if not everything:
        return _block(title, prose.GALLERY, pending("the images that fire this layer's units"))
    setting = Setting(layer, data, sprite(data.pixels, images_shown(everything)), notes)
    titles = list(dict.fromkeys(shown.title for shown in everything))
    panels = [_pair(picked, setting) for picked in titles]
    options = [(f"pick-{i}", capitalised(picked)) for i, picked in enumerate(titles)]
    style = tag("style", Html(setting.sprite.css(f".{anchor}-sprite .tile:not(.none)")))
    body = choices(options, panels, f"{anchor}-gallery", "Which units")
    ink = " ink" if is_ink(data.pixels) else ""
    sprited = tag("div", body, class_=f"{anchor}-sprite{ink}")
    always = any(card.exemplars.density == 1 for shown in everything for card in shown.cards)
    said = tag("p", prose.ALWAYS, class_="prose small muted") if always else None
    return _block(title, prose.GALLERY, said, _marks(layer, everything), style, sprited)


def _marks(layer: LayerReport, galleries: Sequence[Gallery]) -> Html:
    """What the pictures' marks mean, of those that this layer shows."""
    cards = [card for shown in galleries for card in shown.cards]
    said = [prose.INTERVALS]
    if layer.grid:
        said.append(prose.PATCHES)
    if any(card.reads is not None for card in cards):
        said.append(prose.READS)
    if any(card.class_profile is not None for card in cards):
        said.append(prose.BARS)
    return tag(
        "details", tag("summary", "What the marks mean"), [tag("p", mark) for mark in said], class_="prose"
    )


def _pair(title: str, setting: Setting) -> Html:
    """The galleries of one title, neurons beside features."""
    columns = []
    for unit_set in setting.layer.unit_sets:
        name = "Neurons" if unit_set.kind == "neurons" else f"Features: {unit_set.title}"
        for shown in unit_set.galleries:
            if shown.title == title:
                head = tag("div", tag("h5", name, class_=f"kind {unit_set.kind}"), class_="column-head")
                columns.append(tag("div", head, gallery(shown, unit_set.kind, setting)))
    return tag("div", columns, class_="pair")


def _unit_sets(unit_sets: Sequence[UnitSet]) -> Html:
    title = "The sets of units"
    if not unit_sets:
        return _block(title, prose.UNIT_SETS, pending("neurons and dictionaries of this layer"))
    shown = [unit_set for unit_set in unit_sets if unit_set.galleries]
    if len(unit_sets) <= _MOST_ROWS or not shown:
        return _block(title, prose.UNIT_SETS, _fidelity(unit_sets))
    everything = tag("details", tag("summary", f"All {len(unit_sets)} sets of units"), _fidelity(unit_sets))
    return _block(title, prose.UNIT_SETS, _fidelity(shown), everything)


def _fidelity(unit_sets: Sequence[UnitSet]) -> Html:
    head = ["set of units", "units", "dead units", "variance unexplained", "firing units per item"]
    measured = {
        measured_on(score)
        for unit_set in unit_sets
        for score in (unit_set.fvu, unit_set.l0, unit_set.accuracy)
        if score is not None
    }
    shared = len(measured) == 1  # then the caption says n once
    caption = f"95 % intervals in brackets{''.join(f', {n}' for n in measured if n and shared)}."
    rows = [
        [
            tag("span", unit_set.title, class_=f"kind {unit_set.kind}"),
            f"{unit_set.n_units:,}",
            DASH if unit_set.n_dead is None else f"{unit_set.n_dead:,}",
            short_cell(unit_set.fvu, with_n=not shared, dead=bool(unit_set.n_dead)),
            short_cell(unit_set.l0, with_n=not shared, dead=bool(unit_set.n_dead)),
            short_cell(unit_set.accuracy, with_n=not shared, dead=bool(unit_set.n_dead), as_percent=True),
        ]
        for unit_set in unit_sets
    ]
    made = table([*head, "accuracy through it"], rows, "Fidelity of each set of units")
    swipe = tag("span", " Swipe the table for the rest of it.", class_="on-phone")
    return markup(
        tag("p", caption, swipe, class_="small muted"), scrolling(made, "Fidelity of each set of units")
    )


def _densities(layer: LayerReport, anchor: str) -> Html:
    counted = [
        unit_set
        for unit_set in layer.unit_sets
        if unit_set.density is not None and unit_set.kind != "control"
    ]
    if not counted:
        return _block("How often units fire", prose.DENSITY, pending("how often this layer's units fire"))
    figure = chart(
        f"{anchor}-density",
        "Histogram of how often units fire, neurons and features",
        figures.density_figure(counted),
        prose.DENSITY_CAPTION,
        density_table(counted),
    )
    return _block("How often units fire", prose.DENSITY, figure)


_OUTCOMES = {"won": "▲ won", "lost": "▼ lost", "split": "◆ split", "open": "· open"}


def _duels(layer: LayerReport) -> Html | None:
    """A row a control, a column a family: won, lost, split, or not to be told apart."""
    if layer.duels is None:
        return None
    duels = layer.duels
    rows = []
    for row in duels.rows:
        name = tag("span", row.title, class_=f"kind {row.kind}")
        if row.outcomes is None:
            rows.append([name, tag("i", "never gets there"), *[""] * (len(duels.families) - 1)])
            continue
        cells = [_OUTCOMES.get(row.outcomes.get(family, ""), DASH) for family in duels.families]
        rows.append([name, *cells])
    head = [f"{duels.features} against", *duels.families]
    made = table(head, rows, "Families of measures won and lost")
    lead = prose.DUELS.format(features=duels.features, where=duels.title)
    swipe = tag("p", "Swipe the table for the rest of it.", class_="on-phone small muted")
    return _block("Won and lost", lead, swipe, scrolling(made, "Families of measures won and lost"))


def _comparisons(layer: LayerReport, notes: Notes, anchor: str) -> Html:
    title = "Features against neurons and controls"
    if not layer.comparisons:
        return _block(
            "Features against neurons and controls",
            prose.COMPARISON,
            pending("the comparison at matched fidelity"),
        )
    panels = [
        chart(
            f"{anchor}-comparison-{i}",
            f"{comparison.title}: scores of each set of units with 95 % intervals",
            figures.comparison_figure(comparison, notes),
            [
                _unreached(comparison),
                _undrawn(comparison),
                _named(comparison.drawn or comparison.measures, notes),
            ],
            comparison_table(comparison, notes),
            narrow=figures.comparison_figure(comparison, notes, columns=1),
        )
        for i, comparison in enumerate(layer.comparisons)
    ]
    options = [(str(i), _place(comparison)) for i, comparison in enumerate(layer.comparisons)]
    decides = next((i for i, comparison in enumerate(layer.comparisons) if comparison.decides), 0)
    body = choices(options, panels, f"{anchor}-matched", "Compared at", first=decides)
    return _block(title, prose.COMPARISON, body)


def _place(comparison: Comparison) -> str:
    return capitalised(comparison.title) + (", where the answer compares" if comparison.decides else "")


def _unreached(comparison: Comparison) -> list[Html]:
    """Why unit sets have no dots, a line each."""
    return [tag("p", f"{row.title}: {row.note}.") for row in comparison.rows if not row.reached and row.note]


def _undrawn(comparison: Comparison) -> Html | None:
    if not comparison.drawn or len(comparison.drawn) == len(comparison.measures):
        return None
    return tag(
        "p", f"Drawn: {len(comparison.drawn)} of {len(comparison.measures)} measures; the table has all."
    )


def _frontiers(layer: LayerReport, notes: Notes, anchor: str) -> Html:
    if not layer.frontiers:
        return _block("The frontier", prose.FRONTIER, pending("the sweep over sparsity"))
    panels = [
        chart(
            f"{anchor}-frontier-{i}",
            f"{notes[frontier.measure].title} against variance unexplained, a line a family",
            figures.frontier_figure(frontier, notes[frontier.measure]),
            _named([frontier.measure], notes),
            frontier_table(frontier, notes),
            narrow=figures.frontier_figure(
                frontier, notes[frontier.measure], height=_PLOT + _LEGEND_LINE * len(frontier.lines)
            ),
        )
        for i, frontier in enumerate(layer.frontiers)
    ]
    options = [(str(i), notes[frontier.measure].title) for i, frontier in enumerate(layer.frontiers)]
    return _block("The frontier", prose.FRONTIER, choices(options, panels, f"{anchor}-measure", "Measure"))


def _named(measures: Sequence[str], notes: Notes) -> Html:
    """Each measure with the button that opens its note."""
    said = [
        tag(
            "span",
            notes[name].title,
            tag(
                "button",
                class_="note-button",
                type="button",
                popovertarget=note_id(name),
                aria_label=f"How {notes[name].title} is computed",
            ),
            style="white-space:nowrap",
        )
        for name in measures
    ]
    return markup("How it is computed: ", [markup(item, " ") for item in said])
