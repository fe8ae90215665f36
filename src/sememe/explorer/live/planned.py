"""The unit sets that a run planned for a layer, as its record lists them."""

from dataclasses import dataclass
from typing import Any

from sememe.explorer.score import Kind


@dataclass(frozen=True)
class PlannedSet:
    """The neurons of a layer, or the components of one dictionary."""

    key: str  # name of its folder, and in tables of units: "TopKSAE-k8"
    title: str  # what people read: "TopK SAE, k = 8"
    family: str  # the line of its sweep, and in tables of scores: "TopK SAE"
    kind: Kind
    parameter: str  # what was swept
    value: float
    source: str  # what it reads: "layer", or something of sememe.explorer.live.sources


def planned_sets(plan: dict[str, Any]) -> list[PlannedSet]:
    """Every point of every sweep of a layer: neurons first, all of them before sparser choices of them."""
    found = [point for sweep in plan["sweeps"] for point in _points(sweep, int(plan["n_neurons"]))]
    order = {"neurons": 0, "features": 1, "control": 2}
    return sorted(found, key=lambda each: (order[each.kind], -each.value if each.kind == "neurons" else 0))


def _points(sweep: dict[str, Any], n_neurons: int) -> list[PlannedSet]:
    found = []
    for value in sweep["values"]:
        number = f"{value:g}"
        key = f"{sweep.get('name') or sweep['dictionary']}-{sweep['parameter']}{number}"
        title = f"{capitalised(sweep['title'])}, {sweep['parameter'].replace('_', ' ')} = {number}"
        if sweep["kind"] == "neurons":
            title = "Neurons" if value >= n_neurons else f"Neurons, the {number} largest"
        source = str(sweep.get("source", "layer"))
        found.append(
            PlannedSet(key, title, sweep["title"], sweep["kind"], sweep["parameter"], float(value), source)
        )
    return found


def capitalised(title: str) -> str:
    """A title at the beginning of a sentence."""
    return title[:1].upper() + title[1:]
