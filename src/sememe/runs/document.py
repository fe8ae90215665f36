"""What ``sememe verdict --json`` prints: every score, difference and interval of a run, for programs.

``docs/verdict.md`` says what each field means.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sememe import files
from sememe.errors import MeasureError, RunError
from sememe.measures.record import registry
from sememe.measures.table import DifferenceRow, MeasureTable, Row
from sememe.runs.folder import RunFolder

VERSION = 1


def measured_layers(
    folder: RunFolder, wanted: str | None = None
) -> list[tuple[dict[str, Any], MeasureTable]]:
    """The plan of each layer of a run, or of the one that is named, and its measures.

    Raises:
        RunError: a layer that the run does not have, has not measured yet, or whose table is damaged.
    """
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
        try:
            found.append((plan, MeasureTable.from_dict(files.read_json(path))))
        except MeasureError as error:
            raise RunError(f"{path} cannot be used ({error}) Remove it and start the run again.") from None
    return found


def verdict_document(folder: RunFolder, wanted: str | None = None) -> dict[str, Any]:
    """The whole document, of all layers or of the one that is named."""
    record = folder.read_record()
    configuration = record["configuration"]
    return {
        "version": VERSION,
        "run": {
            "recipe": configuration["recipe"],
            "seed": configuration["seed"],
            "quick": configuration["quick"],
            "command": record["command"],
        },
        "layers": [_layer(plan, table) for plan, table in measured_layers(folder, wanted)],
    }


def _layer(plan: Mapping[str, Any], table: MeasureTable) -> dict[str, Any]:
    name = plan["layer"]
    kinds = {sweep["title"]: sweep["kind"] for sweep in plan["sweeps"]}
    places = [at for at in dict.fromkeys(row.at for row in table.rows) if at != "own"]
    return {
        "layer": name,
        "network": plan["network"],
        "answer": table.answers[name],
        "sentence": table.sentences[name],
        "place": table.places[name],
        "families": table.families[name],
        "notes": list(table.notes[name]),
        "places": [_place(at, kinds, table) for at in places],
        "fitted": _unit_sets(table.select(at="own"), kinds, (), {}),
    }


def _place(at: str, kinds: Mapping[str, str], table: MeasureTable) -> dict[str, Any]:
    quantity, value = at.split("=")
    rows = table.select(at=at)
    differences = tuple(row for row in table.differences if row.at == at)
    fidelity = {row.unit_set: {"fvu": _number(row.fvu), "l0": _number(row.l0)} for row in rows}
    return {
        "at": at,
        "quantity": quantity,
        "value": float(value),
        "unit_sets": _unit_sets(rows, kinds, differences, fidelity),
    }


def _unit_sets(
    rows: Iterable[Row],
    kinds: Mapping[str, str],
    differences: tuple[DifferenceRow, ...],
    fidelity: Mapping[str, Mapping[str, float | None]],
) -> list[dict[str, Any]]:
    against: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for difference in differences:
        found = against.setdefault((difference.unit_set, difference.measure), [])
        found.append(_difference(difference, fidelity[difference.control]))
    sets: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        key = (row.unit_set, str(sorted(row.settings.items())))
        if key not in sets:
            sets[key] = {
                "unit_set": row.unit_set,
                "kind": kinds.get(row.unit_set, "control"),
                "settings": dict(row.settings),
                "status": row.status,
                "fvu": _number(row.fvu),
                "l0": _number(row.l0),
                "images": row.images,
                "items": row.items,
                "units": row.units,
                "scored": row.scored,
                "dead": row.dead,
                "measures": [],
            }
        sets[key]["measures"].append(_measure(row, against.get((row.unit_set, row.measure), [])))
        sets[key]["scored"] = min(sets[key]["scored"], row.scored)
    return list(sets.values())


def _measure(row: Row, against: list[dict[str, Any]]) -> dict[str, Any]:
    record = registry()[row.measure.partition("[")[0]]
    return {
        "measure": row.measure,
        "family": record.family,
        "of": record.level,
        "higher_is_better": record.higher_is_better,
        "value": _number(row.value),
        "interval": [_number(row.low), _number(row.high)],
        "without_dead": _number(row.alive),
        "null": _number(row.null),
        "corrected": _number(row.corrected),
        "corrected_interval": [_number(row.corrected_low), _number(row.corrected_high)],
        "controls": against,
    }


def _difference(row: DifferenceRow, fidelity: Mapping[str, float | None]) -> dict[str, Any]:
    return {
        "control": row.control,
        "at": row.at,
        "control_fvu": fidelity["fvu"],
        "control_l0": fidelity["l0"],
        "difference": _number(row.value),
        "interval": [_number(row.low), _number(row.high)],
        "p": _number(row.p),
        "p_holm": _number(row.p_holm),
        "outcome": row.outcome,
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
