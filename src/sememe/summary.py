"""What a finished run says in the terminal: a short table, and a sentence a layer."""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sememe.measures import MeasureTable, Row
from sememe.runs.document import measured_layers
from sememe.runs.folder import RunFolder

# The measure whose values the terminal shows; the report shows every one.
_SHOWN = "monosemanticity_score[encoder, centred]"
# In the order of the marks: the head that stands over each, and what the legend says of it.
_FAMILIES = {
    "selectivity": ("se", "selectivity for classes"),
    "similarity": ("si", "similarity of what fires a unit"),
    "concepts": ("co", "concepts"),
    "simulation": ("sm", "simulation (prediction from examples)"),
    "cause": ("ca", "cause (what a unit does)"),
    "stability": ("st", "stability (with other seeds)"),
}
_MARKS = {"won": "+", "lost": "-", "split": "±", "open": "·"}
_STYLE = {"yes": "bold green", "no": "bold red", "mixed": "bold yellow"}


def print_summary(console: Console, folder: RunFolder, layer: str | None = None) -> None:
    """Print how the units of each layer compare, losses beside wins, at the place its sentence is about."""
    for plan, table in measured_layers(folder, layer):
        kinds = {sweep["title"]: sweep["kind"] for sweep in plan["sweeps"]}
        for about, answer in table.answers.items():
            console.print()
            console.print(_table(f"{about} of {plan['network']}", about, table, kinds))
            console.print()
            console.print(Text.assemble((answer, _STYLE[answer]), ". ", table.sentences[about]))
    console.print()
    console.print(_legend())


def _table(title: str, layer: str, table: MeasureTable, kinds: Mapping[str, str]) -> Table:
    place = table.places[layer]
    drawn = Table(
        title=f"{title}, {_where(place)}",
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    drawn.add_column("units", no_wrap=True)
    for head in ("firing", "lost", "monosemanticity"):
        drawn.add_column(head, justify="right", no_wrap=True)
    # Two letters a family, so that each mark stands below its own.
    drawn.add_column(" ".join(head for head, _ in _FAMILIES.values()), no_wrap=True)
    families = table.families[layer]
    absent = []
    matched = table.select(at=place)
    for unit_set in dict.fromkeys(row.unit_set for row in matched):
        rows = {row.measure: row for row in matched if row.unit_set == unit_set}
        first = next(iter(rows.values()))
        lost = f"{100 * first.fvu:.1f} %"
        if first.status == "unreached":
            absent.append(f"{unit_set} ({first.l0:.1f} firing, {lost} lost)")
            continue
        met = families.get(unit_set)
        marks = "  ".join(_MARKS.get(met.get(key, ""), " ") for key in _FAMILIES) if met else ""
        style = "bold" if kinds.get(unit_set) == "features" else None
        drawn.add_row(unit_set, f"{first.l0:.1f}", lost, _cell(rows.get(_SHOWN)), marks, style=style)
    if absent:
        drawn.caption = f"Never there; at their nearest: {', '.join(absent)}."
    return drawn


def _legend() -> str:
    families = "; ".join(f"{head}: {said}" for head, said in _FAMILIES.values())
    return (
        "firing: units an item. lost: share of the layer's variance. monosemanticity: how alike the images "
        "are that fire a unit [95 % interval]; mean over units, dead ones 0.\n"
        "How the sentence's features fare against that control: + won, - lost, ± some of both, · not to be "
        f"told apart. {families}."
    )


def _where(place: str) -> str:
    quantity, value = place.split("=")
    if quantity == "l0":
        return f"at equal sparsity ({value} firing an item)"
    of = "variance lost" if quantity == "fvu" else "the loss recovered"
    return f"at equal fidelity ({100 * float(value):g} % of {of})"


def _cell(row: Row | None) -> str:
    return "" if row is None else f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"
