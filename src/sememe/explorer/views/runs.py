"""The Runs page: is this run healthy? Losses, fidelity, dead components, time, and where it came from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sememe.errors import FormatError
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.score import Kind, Score
from sememe.explorer.views.compare import score_of


@dataclass(frozen=True)
class NoParameters:
    """A page about the run as a whole."""


@dataclass(frozen=True)
class Fact:
    """Something that decides the numbers, or says where they come from."""

    name: str
    value: str


@dataclass(frozen=True)
class StageSeconds:
    """One stage of the run."""

    name: str
    seconds: float


@dataclass(frozen=True, eq=False)
class Training:
    """How a network was trained."""

    network: str
    title: str
    accuracy: Score
    seconds: float
    losses: Float[np.ndarray, " steps"]  # mean training loss, evenly spaced over the epochs
    epochs: int


@dataclass(frozen=True)
class Health:
    """One unit set as it was fitted."""

    set: str
    title: str
    kind: Kind
    units: int
    dead: int
    fvu: Score
    l0: Score
    accuracy: Score | None  # of the network with the reconstruction in the layer's place


@dataclass(frozen=True)
class LayerHealth:
    """All unit sets of one layer."""

    layer: str
    title: str
    items: int
    sets: tuple[Health, ...]  # empty while the layer is not measured


@dataclass(frozen=True, eq=False)
class RunsPage:
    """The run, looked over."""

    command: str
    finished: bool
    facts: tuple[Fact, ...]
    stages: tuple[StageSeconds, ...]
    networks: tuple[Training, ...]
    layers: tuple[LayerHealth, ...]


def runs_page(run: RunData, _: NoParameters) -> RunsPage:
    """What the run recorded of itself."""
    record = run.record
    layers = tuple(_layer(layer) for layer in run.layers)
    return RunsPage(
        command=run.command,
        finished=bool(layers)
        and len(layers) == len(record["configuration"]["layers"])
        and all(layer.sets for layer in layers),
        facts=(
            *_facts(record),
            *(Fact("not shown", each) for layer in run.layers for each in layer.left_out),
        ),
        stages=tuple(
            StageSeconds(str(stage["name"]), float(stage["seconds"])) for stage in record.get("stages", [])
        ),
        networks=tuple(_trainings(run)),
        layers=layers,
    )


def _facts(record: dict[str, Any]) -> list[Fact]:
    plan, made = record["configuration"], (record.get("processes") or [{}])[-1]
    peak = record.get("peak_memory_bytes")
    given = {
        "recipe": plan.get("recipe"),
        "seed": plan.get("seed"),
        "started": record.get("started"),
        "training images": _count(plan.get("train_images")),
        "reporting images": _count(plan.get("report_images")),
        "bootstrap replicates": plan.get("replicates"),
        "device": made.get("device"),
        "processor": made.get("processor"),
        "cores": made.get("cores"),
        "peak memory": f"{peak / 2**20:,.0f} MiB" if peak else None,
        "revision": made.get("git_revision"),
        "sememe": made.get("sememe"),
        "python": made.get("python"),
        **(made.get("packages") or {}),
    }
    return [Fact(name, str(value)) for name, value in given.items() if value is not None]


def _count(given: object) -> str | None:
    return f"{given:,}" if isinstance(given, int) else None


def _trainings(run: RunData) -> list[Training]:
    found = []
    for plan in run.record["configuration"]["networks"]:
        name = str(plan["name"])
        if not run.folder.path("network", f"{name}.json").is_file():
            continue
        try:
            told = run.folder.json("network", f"{name}.json")
            losses = np.asarray(told["losses"], dtype=np.float64)
            accuracy = Score(float(told["accuracy"]), n=int(told["test_images"]), of="images")
            found.append(
                Training(
                    name,
                    str(plan["title"]),
                    accuracy,
                    float(told["seconds"]),
                    losses,
                    told.get("epochs", len(losses)),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(
                f"network/{name}.json does not say how training went ({error!r}): train it again."
            ) from None
    return found


def _layer(layer: LayerData) -> LayerHealth:
    found = []
    table = layer.measures
    for unit_set in (*layer.unit_sets, *layer.other_sets) if table is not None else ():
        assert table is not None
        rows = {
            row.measure: row
            for row in table.select(at="own", unit_set=unit_set.family)
            if row.settings.get(unit_set.parameter) == unit_set.value
        }
        if "fvu" in rows and "l0" in rows:
            found.append(
                Health(
                    unit_set.key,
                    unit_set.title,
                    unit_set.kind,
                    rows["l0"].units,
                    rows["l0"].dead,
                    score_of(rows["fvu"]),
                    score_of(rows["l0"]),
                    score_of(rows["accuracy"]) if "accuracy" in rows else None,
                )
            )
    return LayerHealth(layer.key, layer.title, len(layer.items), tuple(found))


ENDPOINTS = (Endpoint("health", runs_page, NoParameters),)
