"""A folder that one process at a time may fill, if nobody else's things lie in it: a run's, a study's."""

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from sememe.errors import RunError

LOCK = ".lock"


def holds_record(path: Path, record: Path, *, kind: str, option: str, own: Collection[str] = ()) -> bool:
    """Whether ``path`` has been begun: it holds ``record``.

    Args:
        path: the folder, which may not exist.
        record: the file inside it that is written first.
        kind: what the folder would be, ``"run"`` or ``"study"``; for messages.
        option: of the command line, by which another place is chosen: ``"--run"``.
        own: names of what may lie there before the record does.

    Raises:
        RunError: ``path`` is a file, or a folder that holds something else, which is never touched.
    """
    if not path.exists():
        return False
    if not path.is_dir():
        raise RunError(f"{path} is a file, not a folder: choose another place with {option}.")
    if record.exists():
        return True
    strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in {LOCK, *own})
    if strangers:
        raise RunError(
            f"{path} is not a {kind} and not empty (it holds {', '.join(strangers[:3])}): "
            f"choose another folder with {option}."
        )
    return False


@contextlib.contextmanager
def locked(path: Path, *, option: str) -> Iterator[None]:
    """Make the folder, and keep a second process from filling it.

    Raises:
        RunError: it cannot be made, or another process fills it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{path} cannot be made ({error.strerror}): choose another place with {option}."
        ) from None
    lock = FileLock(path / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(
            f"Another process is filling {path}: wait for it, or choose another folder with {option}."
        ) from None
    try:
        yield
    finally:
        lock.release()
