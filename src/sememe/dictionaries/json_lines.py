"""A log of training as a file of JSON lines."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sememe.errors import FormatError
from sememe.files import write_text


class JsonLines:
    """Writes each record as a line of JSON; pass it as ``log`` to ``fit``.

    The file is whole at all times. A training that is resumed finds the records of its first part and goes
    on behind them; what was recorded after the checkpoint is recorded again.

    >>> import tempfile
    >>> log = JsonLines(tempfile.mkdtemp() + "/training.jsonl")
    >>> log({"dictionary": 0, "step": 50, "fvu": 0.2})
    >>> print(log.path.read_text().strip())
    {"dictionary": 0, "step": 50, "fvu": 0.2}
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._records: list[dict[str, Any]] = []
        if self.path.exists():
            try:
                self._records = [json.loads(line) for line in self.path.read_text("utf-8").splitlines()]
            except ValueError as error:
                raise FormatError(f"{self.path} is not a log of JSON lines ({error}): remove it.") from None

    def __call__(self, record: Mapping[str, Any]) -> None:
        kept = [
            other
            for other in self._records
            if other["dictionary"] != record["dictionary"] or other["step"] < record["step"]
        ]
        self._records = [*kept, dict(record)]
        write_text(self.path, "".join(json.dumps(line) + "\n" for line in self._records))
