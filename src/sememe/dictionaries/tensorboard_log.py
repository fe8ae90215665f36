"""A log of training for TensorBoard, where that is installed."""

import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sememe.errors import DictionaryError


class TensorBoard:
    """Writes each record as scalars; pass it as ``log`` to ``fit``, and look with ``tensorboard --logdir``.

    Each dictionary is a run, a folder in ``folder``, and each number of its records, but for its own number
    and the step, is a scalar, in float32. A training that is resumed goes on behind what is there; what was
    recorded after the checkpoint is recorded again, and TensorBoard shows it once. Records are on disk at
    once; files are closed by ``close``, at the end of a ``with`` block, or when the log is no longer held.

    Args:
        folder: made with the first record.
        names: of the dictionaries' runs, in their order; None: ``dictionary-0`` and so on.

    Raises:
        DictionaryError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path | str, names: Sequence[str] | None = None) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise DictionaryError(
                f"A log for TensorBoard needs a package that is not installed ({error}): "
                "pip install tensorboard, or log to a file with JsonLines."
            ) from None
        self.folder = Path(folder)
        self._names = names
        self._writer_of = SummaryWriter
        self._writers: dict[int, Any] = {}
        # Of the writers rather than of the log, which could never be let go of otherwise.
        weakref.finalize(self, _close, self._writers)

    def __call__(self, record: Mapping[str, Any]) -> None:
        number, step = int(record["dictionary"]), int(record["step"])
        if number not in self._writers:
            name = f"dictionary-{number}" if self._names is None else self._names[number]
            # What an earlier process recorded from this step on is not shown.
            self._writers[number] = self._writer_of(str(self.folder / name), purge_step=step)
        writer = self._writers[number]
        for key, value in record.items():
            if key not in ("dictionary", "step"):
                writer.add_scalar(key, value, step)
        writer.flush()

    def close(self) -> None:
        """Close the files; a further record opens them again."""
        _close(self._writers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _close(writers: dict[int, Any]) -> None:
    while writers:
        writers.popitem()[1].close()
