"""The report around the layers: the answer, the networks, how to read it, how it was made."""

import numpy as np

from sememe.explorer import figures, prose
from sememe.explorer.charts import chart, table
from sememe.explorer.gallery import class_bars
from sememe.explorer.markup import Html, markup, tag
from sememe.explorer.mathml import mathml
from sememe.explorer.pictures import ramp_css, weight_picture
from sememe.explorer.report_data import (
    LayerReport,
    NetworkSummary,
    ReportData,
    Score,
    TrainingCurve,
    Verdict,
    WeightImages,
)
from sememe.explorer.report_layer import pending
from sememe.explorer.wording import capitalised, duration, interval, measured_on, number, percent

# A filled, a half filled and an empty disc: told apart without any colour.
_DISCS: dict[Verdict, tuple[str, str]] = {
    "yes": ("Yes", '<circle cx="14" cy="14" r="11" fill="currentColor"/>'),
    "mixed": ("Mixed", '<path d="M14 3a11 11 0 0 0 0 22z" fill="currentColor"/>'),
    "no": ("No", ""),
}
_RING = '<circle cx="14" cy="14" r="11" fill="none" stroke="currentColor" stroke-width="2"/>'


def answers(data: ReportData) -> Html:
    """The question, and one sentence a layer."""
    cards = [_answer(layer) for layer in data.layers]
    legend = tag(
        "ul",
        tag("li", tag("span", "neurons: the coordinates of a layer", class_="kind neurons")),
        tag("li", tag("span", "features: the components of a dictionary", class_="kind features")),
        tag("li", tag("span", "controls: what a dictionary has to beat", class_="kind control")),
        class_="legend",
    )
    unfinished = None
    if not data.run.finished:
        unfinished = tag("p", prose.UNFINISHED, class_="pending")
    return tag(
        "div",
        tag("h1", prose.QUESTION, id="answer-title"),
        tag("p", prose.LEAD, class_="lead"),
        data.data_title and tag("p", f"Looked at: {data.data_title}.", class_="muted"),
        data.run.quick and tag("p", prose.QUICK, class_="muted"),
        unfinished,
        tag("div", cards, class_="answers") if cards else pending("the answer for each layer"),
        legend,
        [tag("p", note, class_="prose muted") for note in data.notes],
        class_="stack",
    )


def _answer(layer: LayerReport) -> Html:
    where = tag(
        "p", tag("code", layer.network), " · ", tag("code", layer.name), f", {layer.title}", class_="where"
    )
    if layer.answer is None:
        word, disc, ring = "Open", "", _RING.replace("/>", ' stroke-dasharray="4 4"/>')
        sentence = "Not measured yet: this layer's comparison."
    else:
        (word, disc), ring = _DISCS[layer.answer.verdict], _RING
        # The verdict stands beside the sentence already.
        sentence = layer.answer.sentence.removeprefix(f"{word}. ")
    picture = Html(f'<svg viewBox="0 0 28 28" aria-hidden="true">{ring}{disc}</svg>')
    verdict = tag("div", picture, tag("b", word), class_="verdict")
    return tag("article", verdict, where, tag("p", sentence), class_="answer")


def networks(data: ReportData) -> Html:
    """The networks and how well they do, then the weight images of the first that reads the pixels."""
    title = tag("h2", _headline(len(data.networks)), id="networks-title")
    if not data.networks:
        return tag("div", title, pending("the training of the networks"), class_="stack")
    cards = [_network(network) for network in data.networks]
    seen = [_weights(network, network.first_layer, data) for network in data.networks if network.first_layer]
    return markup(tag("div", title, tag("div", cards, class_="networks"), class_="stack"), seen)


def _headline(n: int) -> str:
    return {0: "The networks", 1: "One network", 2: "Two networks"}.get(n, f"{n} networks")


def _network(network: NetworkSummary) -> Html:
    facts = [_fact("parameters", f"{network.n_parameters:,}")]
    if network.seconds is not None:
        facts.append(_fact("training time", duration(network.seconds)))
    accuracy = pending("its accuracy") if network.accuracy is None else _accuracy(network.accuracy)
    chain = [tag("li", tag("span", tag("code", name), f" {shape}")) for name, shape in network.layers]
    figure = None
    if network.curves:
        figure = chart(
            f"training-{network.name}",
            f"Training of {network.name}",
            figures.training_figure(network.curves),
            None,
            _curve_table(network.curves),
        )
    return tag(
        "article",
        tag("h3", tag("code", network.name), ": ", network.title),
        accuracy,
        tag("dl", facts, class_="facts"),
        tag("ul", chain, class_="chain", aria_label="Layers, from input to output") if chain else None,
        figure,
        class_="network stack",
    )


def _fact(name: str, value: str) -> Html:
    return tag("div", tag("dt", name), tag("dd", value))


def _accuracy(score: Score) -> Html:
    between = interval(score, percent)
    details = ", ".join(filter(None, [between and f"95 % interval {between}", measured_on(score)]))
    return tag(
        "div",
        tag("p", percent(score.value), class_="big"),
        tag("p", f"of images classified correctly ({details})", class_="small muted"),
    )


def _curve_table(curves: tuple[TrainingCurve, ...]) -> Html:
    rows = [
        [
            curve.title,
            number(float(curve.value[0])),
            number(float(curve.value[-1])),
            number(float(curve.step[-1])),
        ]
        for curve in curves
        if len(curve.value)
    ]
    return table(["quantity", "first", "last", "epochs"], rows, "Training")


def _weights(network: NetworkSummary, seen: WeightImages, data: ReportData) -> Html:
    """Weight images as in the series, with the classes on which each neuron spends its activation."""
    limit = float(np.quantile(np.abs(seen.weights), 0.995))
    figures_ = []
    for i, weights in enumerate(seen.weights):
        bars = None if seen.class_profiles is None else class_bars(seen.class_profiles[i], data.label_names)
        picture = tag(
            "img",
            src=weight_picture(weights, limit),
            class_="picture",
            width=weights.shape[1],
            height=weights.shape[0],
            alt=f"Weights of neuron {i}",
        )
        figures_.append(tag("figure", picture, tag("figcaption", f"neuron {i}"), bars))
    scale = tag(
        "div",
        tag("span", f"−{number(limit)}: ink here lowers the neuron"),
        tag("span", class_="ramp", style=f"background:{ramp_css()}", aria_hidden="true"),
        tag("span", f"+{number(limit)}: ink here raises it"),
        class_="scale",
    )
    return tag(
        "div",
        tag("h3", f"What the first layer of {network.name} reads"),
        tag("p", prose.WEIGHTS.format(n=len(seen.weights), layer=seen.layer), class_="prose"),
        scale,
        tag("div", figures_, class_="weights neurons"),
        class_="block stack",
    )


def how_to_read(data: ReportData) -> Html:
    """The measures in words and formulas."""
    entries = [
        tag(
            "div",
            tag("dt", note.title),
            note.meaning and tag("dd", note.meaning),
            tag("dd", mathml(note.formula)),
            tag(
                "dd",
                f"{_range(note.range)}{_direction(note.higher_is_better)}. {capitalised(note.source)}.",
                class_="small muted",
            ),
        )
        for note in data.measures
    ]
    return tag(
        "div",
        tag("h2", "How to read it", id="reading-title"),
        tag("div", [tag("p", said) for said in prose.READING], class_="prose"),
        tag("dl", entries, class_="glossary") if entries else pending("any measure"),
        class_="stack",
    )


def _range(ends: tuple[float, float]) -> str:
    return f"From {number(ends[0])} to {number(ends[1])}"


def _direction(higher_is_better: bool | None) -> str:
    return {True: ", higher is better", False: ", lower is better", None: ""}[higher_is_better]


def how_made(data: ReportData) -> Html:
    """The command, the machine, the versions and the times."""
    run = data.run
    facts = [
        _fact("recipe", run.recipe),
        _fact("seed", str(run.seed)),
        _fact("device", run.device),
        run.machine and _fact("machine", run.machine),
        run.started and _fact("started", run.started.replace("T", " ")[:16]),
        run.peak_memory and _fact("peak memory", f"{run.peak_memory / 2**20:,.0f} MiB"),
        _fact("revision", (run.revision or "an installed package")[:12]) if run.revision else None,
    ]
    total = sum(stage.seconds for stage in run.stages)
    longest = max((stage.seconds for stage in run.stages), default=1) or 1
    rows = [
        [stage.name, duration(stage.seconds), tag("i", style=f"--share:{stage.seconds / longest:.3f}")]
        for stage in run.stages
    ]
    versions = [[name, version] for name, version in run.versions.items()]
    stages = table(
        ["stage", "wall time", ""], [*rows, ["in all", duration(total), ""]], "Times of the stages"
    )
    command = tag(
        "div",
        tag("code", run.command, id="command", tabindex=0),
        tag("button", "Copy", type="button", data_copy="command"),
        class_="command",
    )
    return tag(
        "div",
        tag("h2", "How it was made", id="making-title"),
        tag("p", prose.MAKING),
        command,
        tag("dl", facts, class_="facts"),
        tag(
            "div",
            tag("div", tag("h4", "Times"), tag("div", stages, class_="scroll stages")) if rows else None,
            tag("div", tag("h4", "Versions"), table(["package", "version"], versions, "Versions"))
            if versions
            else None,
            class_="pair",
        ),
        class_="stack",
    )
