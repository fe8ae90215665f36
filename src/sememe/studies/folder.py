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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sememe import files
from sememe.errors import FormatError, RunError

_OWN = ("networks", "cells", ".lock")


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
        if not self.path.exists():
            return None
        if not self.path.is_dir():
            raise RunError(f"{self.path} is a file, not a folder: choose another place with --to.")
        if not self.record.exists():
            strangers = sorted(entry.name for entry in self.path.iterdir() if entry.name not in _OWN)
            if strangers:
                raise RunError(
                    f"{self.path} is not a study and not empty (it holds {', '.join(strangers[:3])}): "
                    "choose another folder with --to."
                )
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

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep a second process from filling the same folder."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be made ({error.strerror}): choose another place with --to."
            ) from None
        lock = FileLock(self.path / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise RunError(
                f"Another process is filling {self.path}: wait for it, or choose another folder with --to."
            ) from None
        try:
            yield
        finally:
            lock.release()
