"""A run on disk.

::

    runs/<name>/
        run.json                            configuration, seed, versions, device, git revision, times
        network/<network>/                  config.json + weights.safetensors
        network/<network>.json              how its training went, and its accuracy
        network/<network>.second/           the same of another seed, where universality looks for like units
        images/known.npz                    concepts and edited images, found by computer vision
        images/report/                      own images that scores are reported on; without it, the recipe's
        activations/<network>.<layer>/fit   Zarr v3: items that dictionaries are fitted on
        activations/<network>.<layer>/report    Zarr v3: items that scores are reported on
        dictionaries/<network>.<layer>/<point>/ cfg.json + sae_weights.safetensors
        dictionaries/<network>.<layer>/twins/<point>/   the same with another seed
        dictionaries/<network>.second.<layer>/<point>/  the same on the second network
        measures/<network>.<layer>.json     every unit set's scores with intervals
        measures/<network>.<layer>.units.parquet    every unit's own scores, with intervals
        report.html                         self-contained

Every part is written whole or not at all, so what exists is finished: a resumed run needs to know no more.
"""

import contextlib
import dataclasses
import json
from pathlib import Path
from typing import Any

from sememe import files
from sememe.errors import FormatError, RunError
from sememe.explorer.live.folder import no_run
from sememe.recipes.configuration import LAYOUT_VERSION, RunConfiguration
from sememe.runs.claim import holds_record, locked


class RunFolder:
    """Paths and the record of one run."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def record_path(self) -> Path:
        return self.path / "run.json"

    @property
    def report_path(self) -> Path:
        return self.path / "report.html"

    @property
    def report_done(self) -> Path:
        """There once the report is the last one; an early report has the same name."""
        return self.path / ".report-done"

    def network(self, name: str) -> Path:
        return self.path / "network" / name

    def training(self, name: str) -> Path:
        """How the training of a network went."""
        return self.path / "network" / f"{name}.json"

    def activations(self, network: str, layer: str, split: str) -> Path:
        return self.path / "activations" / f"{network}.{layer}" / split

    def dictionary(self, network: str, layer: str, point: str) -> Path:
        return self.path / "dictionaries" / f"{network}.{layer}" / point

    def twin(self, network: str, layer: str, point: str) -> Path:
        """The same dictionary with another seed, for the stability of its atoms."""
        return self.path / "dictionaries" / f"{network}.{layer}" / "twins" / point

    @property
    def known(self) -> Path:
        """What computer vision found in the images."""
        return self.path / "images" / "known.npz"

    def measures(self, network: str, layer: str) -> Path:
        return self.path / "measures" / f"{network}.{layer}.json"

    def units(self, network: str, layer: str) -> Path:
        """Every unit's own scores."""
        return self.path / "measures" / f"{network}.{layer}.units.parquet"

    def read_record(self) -> dict[str, Any]:
        """The content of ``run.json``; a folder without one is not a run."""
        if not self.record_path.is_file():
            raise no_run(self.path)
        record = files.read_json(self.record_path)
        if not isinstance(record, dict) or not isinstance(record.get("configuration"), dict):
            raise FormatError(
                f"{self.record_path} is not a record of a run: remove {self.path} and make the run again."
            )
        version = record["configuration"].get("layout_version")
        if version != LAYOUT_VERSION:
            raise RunError(
                f"{self.path} was written by another version of Sememe (layout {version}, this one reads "
                f"{LAYOUT_VERSION}): give the new run another folder with --run, or remove the old one."
            )
        missing = {field.name for field in dataclasses.fields(RunConfiguration)} - set(
            record["configuration"]
        )
        if missing:
            raise FormatError(
                f"{self.record_path} lacks {', '.join(sorted(missing))}: remove {self.path} and run again."
            )
        return record

    def write_record(self, record: dict[str, Any]) -> None:
        files.write_json(self.record_path, record)

    def claim(self, configuration: RunConfiguration) -> dict[str, Any] | None:
        """The record of an unfinished or finished run of this very configuration; None if the folder is new.

        Raises :class:`RunError` when the folder holds something else, which is never overwritten.
        """
        if not holds_record(self.path, self.record_path, kind="run", option="--run"):
            return None
        record = self.read_record()
        difference = _first_difference(record["configuration"], configuration.as_json())
        if difference:
            raise RunError(
                f"{self.path} holds a run of another configuration ({difference}): choose another folder "
                "with --run, or remove this one."
            )
        return record

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep a second process from filling the same folder."""
        return locked(self.path, option="--run")


def _first_difference(there: Any, here: Any, place: str = "") -> str | None:
    """Where two configurations part, for people: ``"seed is 0 there and 1 here"``."""
    if isinstance(there, dict) and isinstance(here, dict):
        for key in dict.fromkeys([*here, *there]):
            inner = f"{place}.{key}" if place else key
            found = _first_difference(there.get(key), here.get(key), inner)
            if found:
                return found
        return None
    if isinstance(there, list) and isinstance(here, list) and len(there) == len(here):
        for index, (left, right) in enumerate(zip(there, here, strict=True)):
            found = _first_difference(left, right, f"{place}[{index}]")
            if found:
                return found
        return None
    return None if there == here else f"{place} is {_short(there)} there and {_short(here)} here"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
