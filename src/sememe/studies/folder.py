"""A study on disk.

::

    studies/<name>/
        study.json              configuration, command, versions, device, git revision, times
        networks/<network>/     config.json + weights.safetensors, as a run keeps them
        cells/...               a file or a folder a finished cell
        table.parquet           every number
        study.html              self-contained
        results.md, figure.svg  what the documentation shows
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sememe import files
from sememe.errors import FormatError, RunError
from sememe.runs.claim import holds_record, locked

_OWN = ("networks", "cells")


class StudyFolder:
    """Paths and the record of one study."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @property
    def record(self) -> Path:
        return self.path / "study.json"

    @property
    def table(self) -> Path:
        """Every number of the study."""
        return self.path / "table.parquet"

    @property
    def page(self) -> Path:
        return self.path / "study.html"

    @property
    def markdown(self) -> Path:
        """What the documentation says of it: figure, lines, command."""
        return self.path / "results.md"

    @property
    def figure(self) -> Path:
        """The figure of that part."""
        return self.path / "figure.svg"

    def network(self, name: str) -> Path:
        return self.path / "networks" / name

    def cell(self, *names: str) -> Path:
        """The place of a cell's result."""
        return self.path.joinpath("cells", *names)

    def claim(self, configuration: Mapping[str, Any]) -> dict[str, Any] | None:
        """The record of the same study, finished or not; None if the folder is new.

        Raises :class:`~sememe.errors.RunError` when the folder holds something else, which is never touched.
        """
        if not holds_record(self.path, self.record, kind="study", option="--to", own=_OWN):
            return None
        record = files.read_json(self.record)
        if not isinstance(record, dict) or not isinstance(record.get("configuration"), dict):
            raise FormatError(
                f"{self.record} is not a record of a study: remove {self.path} and begin again."
            )
        there = record["configuration"]
        for key in dict.fromkeys([*configuration, *there]):
            if there.get(key) != configuration.get(key):
                raise RunError(
                    f"{self.path} holds another study ({key} is {there.get(key)} there and "
                    f"{configuration.get(key)} here): choose another folder with --to, or remove this one."
                )
        return record

    def locked(self) -> contextlib.AbstractContextManager[None]:
        """Keep a second process from filling the same folder."""
        return locked(self.path, option="--to")
