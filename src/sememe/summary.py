"""What a finished run says in the terminal: a short table, and a sentence a layer."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sememe import files
from sememe.measures import MeasureTable, Row
from sememe.recipes.configuration import LayerPlan, RunConfiguration
from sememe.runs import RunFolder

# Columns of the terminal's table; the report shows every measure.
_SHOWN = (
    ("dominant_mass", "activation on\nbest class"),
    ("monosemanticity_score[encoder, centred]", "monosemanticity\nscore"),
)
_STYLE = {"yes": "bold green", "no": "bold red", "mixed": "bold yellow"}


def print_summary(console: Console, configuration: RunConfiguration, folder: RunFolder) -> None:
    """Print how the units of each layer compare at equal fidelity, losses beside wins."""
    for layer in configuration.layers:
        table = MeasureTable.from_dict(files.read_json(folder.measures(layer.network, layer.layer)))
        console.print()
        console.print(_table(configuration, layer, table))
        answer = table.answers[layer.layer]
        console.print(Text.assemble((answer, _STYLE[answer]), ". ", table.sentences[layer.layer]))
    console.print()


def _table(configuration: RunConfiguration, layer: LayerPlan, table: MeasureTable) -> Table:
    fvu = configuration.fvu_targets[0]
    drawn = Table(
        title=f"{layer.layer} of {layer.network}, at equal fidelity (FVU {fvu:g})",
        title_justify="left",
        title_style="bold",
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    drawn.add_column("units", no_wrap=True)
    drawn.add_column("firing\nan item", justify="right")
    for _, title in _SHOWN:
        drawn.add_column(title, justify="right", no_wrap=True)
    absent = []
    for sweep in layer.sweeps:
        rows = {row.measure: row for row in table.select(at=f"fvu={fvu:g}", unit_set=sweep.title)}
        first = next(iter(rows.values()))
        if first.status == "unreached":
            absent.append(f"{sweep.title} {first.fvu:.2g}")
            continue
        drawn.add_row(sweep.title, f"{first.l0:.1f}", *[_cell(rows[key]) for key, _ in _SHOWN])
    drawn.caption = "Mean over units [95 % interval]; dead units count as 0."
    if absent:
        drawn.caption += f"\nNot so faithful, at their best: {', '.join(absent)}."
    return drawn


def _cell(row: Row) -> str:
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"
