"""What a finished run says in the terminal: a short table, and a sentence a layer."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sememe import files
from sememe.errors import RunError
from sememe.measures import MeasureTable, Row
from sememe.runs import RunFolder

# Columns of the terminal's table; the report shows every measure.
_SHOWN = (
    ("dominant_mass", "activation on\nbest class"),
    ("monosemanticity_score[encoder, centred]", "monosemanticity\nscore"),
)
_STYLE = {"yes": "bold green", "no": "bold red", "mixed": "bold yellow"}


def tables(folder: RunFolder, layer: str | None = None) -> list[MeasureTable]:
    """The measures of each layer of a run, or of the one that is named.

    Raises :class:`~sememe.errors.RunError` for a layer that the run does not have or has not measured yet.
    """
    return [table for _, table in _measured(folder, layer)]


def print_summary(console: Console, folder: RunFolder, layer: str | None = None) -> None:
    """Print how the units of each layer compare, losses beside wins, at the place its sentence is about."""
    for name, table in _measured(folder, layer):
        for about, answer in table.answers.items():
            console.print()
            console.print(_table(name, table.places[about], table))
            console.print()
            console.print(Text.assemble((answer, _STYLE[answer]), ". ", table.sentences[about]))
    console.print()


def _measured(folder: RunFolder, wanted: str | None) -> list[tuple[str, MeasureTable]]:
    """Each layer's name, with its network's, and its measures."""
    plans = folder.read_record()["configuration"]["layers"]
    chosen = [plan for plan in plans if wanted in (None, plan["layer"])]
    if not chosen:
        known = ", ".join(plan["layer"] for plan in plans)
        raise RunError(f"The run has no layer {wanted!r}: it has {known}.")
    found = []
    for plan in chosen:
        path = folder.measures(plan["network"], plan["layer"])
        if not path.exists():
            raise RunError(
                f"{plan['layer']} is not measured yet: finish the run with the command that began it."
            )
        found.append((f"{plan['layer']} of {plan['network']}", MeasureTable.from_dict(files.read_json(path))))
    return found


def _table(layer: str, place: str, table: MeasureTable) -> Table:
    drawn = Table(
        title=f"{layer}, {_where(place)}",
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    drawn.add_column("units", no_wrap=True)
    drawn.add_column("firing\nan item", justify="right", no_wrap=True)
    drawn.add_column("variance\nlost", justify="right", no_wrap=True)
    for _, title in _SHOWN:
        drawn.add_column(title, justify="right", no_wrap=True)
    absent = []
    matched = table.select(at=place)
    for unit_set in dict.fromkeys(row.unit_set for row in matched):
        rows = {row.measure: row for row in matched if row.unit_set == unit_set}
        first = next(iter(rows.values()))
        lost = f"{100 * first.fvu:.1f} %"
        if first.status == "unreached":
            absent.append(f"{unit_set} ({first.l0:.1f} firing, {lost} lost)")
            continue
        drawn.add_row(unit_set, f"{first.l0:.1f}", lost, *[_cell(rows[key]) for key, _ in _SHOWN])
    drawn.caption = "Mean over units [95 % interval]; dead units count as 0."
    if absent:
        drawn.caption += f"\nNever there; at their nearest: {', '.join(absent)}."
    return drawn


def _where(place: str) -> str:
    quantity, value = place.split("=")
    if quantity == "l0":
        return f"at equal sparsity ({value} firing an item)"
    of = "variance lost" if quantity == "fvu" else "the loss recovered"
    return f"at equal fidelity ({100 * float(value):g} % of {of})"


def _cell(row: Row) -> str:
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"
