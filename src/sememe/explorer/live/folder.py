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
            raise no_run(self.root)
        record = self.json("run.json")
        if not isinstance(record, dict) or not isinstance(record.get("configuration"), dict):
            raise FormatError(f"{self.root / 'run.json'} is not a record of a run: make the run again.")
        return record


def no_run(path: Path) -> RunError:
    """Why there is no run at a path, and what to give instead.

    >>> str(no_run(Path("/etc/passwd")))
    '/etc/passwd is not a run but a file: give the folder of a run.'
    """
    if not path.exists():
        return RunError(
            f"{path} is not a run, since nothing is there: give the folder of a run, or make one with "
            f"`sememe run --run {path}`."
        )
    if not path.is_dir():
        return RunError(f"{path} is not a run but a file: give the folder of a run.")
    inside = sorted(str(entry.parent) for entry in path.glob("*/run.json"))
    if inside:
        return RunError(f"{path} is not a run but holds some: give one of {', '.join(inside[:5])}.")
    return RunError(f"{path} is not a run, since it has no run.json: give the folder of a run.")
