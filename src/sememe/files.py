"""Files that are either whole or absent.

Everything Sememe writes goes to a temporary name in the same folder and is renamed when complete,
so that a killed process leaves nothing half-written behind and a reader never sees a torn file.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from sememe.errors import FormatError

# Begins every temporary name, so that leftovers of a killed process can be told apart and removed.
TEMPORARY_PREFIX = ".partial-"


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file atomically, making its folder if there is none."""
    path = Path(path)
    _make_room_for(path)
    descriptor, temporary = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def write_text(path: Path | str, content: str) -> None:
    """Write a UTF-8 text file atomically."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path | str, content: Any) -> None:
    """Write a JSON file atomically: stable key order, floats at full precision, no NaN literals."""
    write_text(path, json.dumps(content, indent=1, sort_keys=True, allow_nan=False) + "\n")


def read_json(path: Path | str) -> Any:
    """Read a JSON file; a file that is missing or not JSON is a :class:`FormatError`."""
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FormatError(
            f"{path} is not valid JSON ({error}); it may be truncated: write it again."
        ) from None


@contextlib.contextmanager
def whole_folder(path: Path | str, *, may_hold: Collection[str] = ()) -> Iterator[Path]:
    """Fill a folder that appears under its name only when the block ends without an error.

    A folder that is already there is replaced in one rename, provided that all it holds is written anew or
    named in ``may_hold``: what somebody else put there is never removed. Otherwise, and where ``path`` is a
    file, a :class:`FormatError` is raised and everything is left as it was.
    """
    path = Path(path)
    if path.exists() and not path.is_dir():
        raise FormatError(f"{path} is a file, so it cannot become a folder: choose another place.")
    _make_room_for(path)
    temporary = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=path.parent))
    try:
        os.chmod(temporary, 0o777 & ~_umask())
        yield temporary
        if path.exists():
            _refuse_strangers(path, temporary, may_hold)
            outdated = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=path.parent))
            os.replace(path, outdated / path.name)
            os.replace(temporary, path)
            shutil.rmtree(outdated)
        else:
            os.replace(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _make_room_for(path: Path) -> None:
    """The folders that ``path`` will lie in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        above = next(folder for folder in path.parents if folder.exists())
        raise FormatError(f"{path} cannot be made, since {above} is a file: choose another place.") from None


def _refuse_strangers(old: Path, new: Path, may_hold: Collection[str]) -> None:
    written = {entry.name for entry in new.iterdir()}
    strangers = sorted({entry.name for entry in old.iterdir()} - written - set(may_hold))
    if strangers:
        raise FormatError(
            f"{old} is there already and holds {', '.join(strangers[:3])}, which would be lost: "
            "choose another place, or remove the folder first."
        )


def unreadable(error: Exception) -> str:
    """Why ``numpy.load`` refused a file, without its advice to unpickle: nothing is ever unpickled here."""
    told = str(error)
    if "pickle" in told or "Python objects" in told:
        return "it holds text or pickled Python objects, which are never loaded"
    return told


def remove_leftovers(folder: Path | str) -> None:
    """Remove what a killed process left under temporary names anywhere below a folder."""
    for leftover in sorted(Path(folder).rglob(TEMPORARY_PREFIX + "*")):
        if leftover.is_dir():
            shutil.rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
