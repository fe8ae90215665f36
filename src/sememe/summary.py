"""What a finished run says in the terminal: a short table, and a sentence a layer."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sememe import files, measures
from sememe.measures import MeasureTable, Row
from sememe.recipes.configuration import LayerPlan, RunConfiguration
from sememe.runs import RunFolder

# Columns of the terminal's table; the report shows every measure.
_SHOWN = ("dominant_mass", "monosemanticity_score[encoder, centred]")
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
    at = f"fvu={configuration.fvu_targets[0]:g}"
    drawn = Table(
        title=f"{layer.layer} of {layer.network}, at equal fidelity (FVU {configuration.fvu_targets[0]:g})",
        title_justify="left",
        title_style="bold",
        caption="mean over units [95 % interval]; dead units count as 0",
        caption_justify="left",
    )
    drawn.add_column("units")
    drawn.add_column("firing an item", justify="right")
    for key in _SHOWN:
        drawn.add_column(_title(key), justify="right")
    for sweep in layer.sweeps:
        rows = {row.measure: row for row in table.select(at=at, unit_set=sweep.title)}
        first = next(iter(rows.values()))
        if first.status == "unreached":
            drawn.add_row(sweep.title, f"does not get there (best FVU {first.fvu:.2g})", *[""] * len(_SHOWN))
            continue
        drawn.add_row(sweep.title, f"{first.l0:.1f}", *[_cell(rows[key]) for key in _SHOWN])
    return drawn


def _cell(row: Row) -> str:
    return f"{row.value:.2f} [{row.low:.2f}, {row.high:.2f}]"


def _title(key: str) -> str:
    return measures.registry()[key.split("[")[0]].title.lower()
