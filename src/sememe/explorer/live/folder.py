"""A run's folder, opened read-only: no name that stands in a file leads out of it."""

from pathlib import Path
from typing import Any

from sememe.errors import FormatError, RunError
from sememe.files import read_json


class ReadOnlyFolder:
    """Paths below one folder; ``..``, absolute names and links that lead elsewhere are refused."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()

    def path(self, *names: str) -> Path:
        """The path of something in the folder, whether it exists or not.

        Raises:
            RunError: it lies outside.
        """
        found = self.root.joinpath(*names).resolve()
        if not found.is_relative_to(self.root):
            raise RunError(
                f"{'/'.join(names)!r} leads out of the run folder {self.root}, so it is not opened."
            )
        return found

    def json(self, *names: str) -> Any:
        """A JSON file of the folder."""
        return read_json(self.path(*names))

    def record(self) -> dict[str, Any]:
        """The content of ``run.json``.

        Raises:
            RunError: the folder is no run.
            FormatError: the record is damaged.
        """
        if not self.path("run.json").is_file():
            raise RunError(
                f"{self.root} is not a run: it has no run.json. Make one with `sememe run --run {self.root}`."
            )
        record = self.json("run.json")
        if not isinstance(record, dict) or not isinstance(record.get("configuration"), dict):
            raise FormatError(f"{self.root / 'run.json'} is not a record of a run: make the run again.")
        return record
