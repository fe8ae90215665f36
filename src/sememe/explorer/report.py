"""A run as one HTML file that opens anywhere, offline: ``report.html``.

Fill a :class:`~sememe.explorer.report_data.ReportData` from the run, write what :func:`report_html` returns::

    data = ReportData(
        run=RunSummary(name="mnist", command="sememe run", recipe="mnist", seed=0),
        pixels=test.pixels, labels=test.labels, label_names=test.label_names,
        networks=(NetworkSummary(name="digit_mlp", title="the network of the series", n_parameters=13002),),
        layers=(LayerReport(name="hidden1", network="digit_mlp", title="first hidden layer", n_neurons=16),),
        measures=tuple(MeasureNote.of(record) for record in sememe.measures.registry().values()),
    )
    write_text("runs/mnist/report.html", report_html(data))

Parts that are ``None`` or empty are shown as not measured yet, so the same call serves the early report of a
run that goes on. The file asks nothing of any host: its policy forbids all requests and runs only the two
scripts whose hashes it names, its own and the installed plotly.js.
"""

import base64
import hashlib
from dataclasses import replace

from plotly.offline import get_plotlyjs

from sememe.errors import RunError
from sememe.explorer import prose
from sememe.explorer.charts import packed_plotly
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.mathml import mathml
from sememe.explorer.palette import asset, palette
from sememe.explorer.report_data import LayerReport, MeasureNote, ReportData
from sememe.explorer.report_layer import choices, layer_panel, note_id, pending
from sememe.explorer.report_sections import answers, how_made, how_to_read, networks
from sememe.explorer.wording import capitalised

_STYLES = ("tokens.css", "base.css", "gallery.css", "report.css")
_HALF_DISC = Html(
    '<svg viewBox="0 0 28 28" aria-hidden="true"><circle cx="14" cy="14" r="11" fill="none" '
    'stroke="currentColor" stroke-width="2"/><path d="M14 3a11 11 0 0 1 0 22z" fill="currentColor"/></svg>'
)
_SECTIONS = (
    ("answer", "Answer"),
    ("networks", "Networks"),
    ("layers", "Layers"),
    ("reading", "How to read it"),
    ("making", "How it was made"),
)


def report_html(data: ReportData) -> str:
    """The whole report, as one self-contained HTML document.

    Raises :class:`~sememe.errors.RunError` when a score names a measure that has no note.
    """
    notes = _notes_of_scores(data)
    script = asset("report.js")
    colours = [[light, palette("dark")[name]] for name, light in palette("light").items()]
    body = markup(
        tag("a", "Skip to the answer", href="#answer", class_="skip"),
        _bar(data),
        tag(
            "main",
            _section("answer", answers(data)),
            _section("networks", networks(data)),
            _section("layers", _layers(data, notes)),
            _section("reading", how_to_read(data)),
            _section("making", how_made(data)),
        ),
        _footer(),
        [_popover(note) for note in notes.values()],
        tag("script", Html(packed_plotly()), type="text/plain", id="plotly"),
        tag("script", Html(script), data_colours=_colour_pairs(colours)),
    )
    head = markup(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"Sememe: {data.run.name}"),
        tag("style", Html("\n".join(asset(name) for name in _STYLES))),
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _policy(script: str) -> str:
    """Nothing is loaded; only the report's own script and plotly.js run. Plotly sets styles in place."""
    hashes = " ".join(f"'sha256-{_sha256(text)}'" for text in (script, get_plotlyjs()))
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _colour_pairs(pairs: list[list[str]]) -> str:
    return " ".join(f"{light}>{dark}" for light, dark in pairs)


def _section(name: str, body: Html) -> Html:
    return tag("section", tag("div", body, class_="page"), id=name, aria_labelledby=f"{name}-title")


def _bar(data: ReportData) -> Html:
    links = [tag("li", tag("a", title, href=f"#{name}")) for name, title in _SECTIONS]
    theme = tag("button", _HALF_DISC, tag("span", "Theme: system"), type="button", id="theme")
    return tag(
        "header",
        tag(
            "div",
            tag("a", "Sememe", href="#top", class_="wordmark", title=f"Run {data.run.name}"),
            tag("nav", tag("ul", links), aria_label="Sections"),
            theme,
            class_="page",
        ),
        class_="bar",
        id="top",
    )


def _layers(data: ReportData, notes: dict[str, MeasureNote]) -> Html:
    title = tag("h2", "Layer by layer", id="layers-title")
    if not data.layers:
        return tag("div", title, pending("the activations of the layers"), class_="stack")
    anchors = [f"layer-{i}" for i in range(len(data.layers))]
    panels = [
        layer_panel(layer, data, notes, anchor) for layer, anchor in zip(data.layers, anchors, strict=True)
    ]
    options = [(f"{i}", _layer_name(layer)) for i, layer in enumerate(data.layers)]
    return markup(title, choices(options, panels, "layer", "Layers"))


def _layer_name(layer: LayerReport) -> str:
    return f"{layer.network} · {layer.name}"


def _popover(note: MeasureNote) -> Html:
    return tag(
        "div",
        tag("p", tag("b", note.title)),
        note.meaning and tag("p", note.meaning),
        mathml(note.formula),
        tag("p", capitalised(note.source), ".", class_="small muted"),
        note.command and tag("p", "Made again by ", tag("code", note.command), class_="small muted"),
        popover=True,
        class_="note",
        id=note_id(note.name),
    )


def _footer() -> Html:
    return tag("footer", tag("div", tag("p", prose.FOOTER), class_="page"))


def _notes_of_scores(data: ReportData) -> dict[str, MeasureNote]:
    """A note for every name that scores go by; ``"score[cnn, centred]"`` is a variant of ``"score"``."""
    known = {note.name: note for note in data.measures}
    notes = {}
    for layer in data.layers:
        shown = [
            name for comparison in layer.comparisons for name in (*comparison.measures, *comparison.drawn)
        ]
        shown += [frontier.measure for frontier in layer.frontiers]
        galleries = [picked for unit_set in layer.unit_sets for picked in unit_set.galleries]
        shown += [name for picked in galleries for card in picked.cards for name in card.scores]
        for name in shown:
            base, _, variant = name.partition("[")
            if base not in known:
                raise RunError(f"Layer {layer.name} shows {name}, but no measure of that name has a note.")
            title = known[base].title + (f" ({variant.rstrip(']')})" if variant else "")
            notes[name] = replace(known[base], name=name, title=title)
    return notes
