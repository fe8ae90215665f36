"""Tables for the documentation, and putting a study's lines between its marks in a file."""

import re
from collections.abc import Sequence
from pathlib import Path

from sememe import files
from sememe.errors import RunError


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as GitHub renders it.

    >>> print(markdown_table(["a", "b"], [["1", "2"]]))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "|" + "|".join(row) + "|" if row[0] == "---" else f"| {' | '.join(row)} |" for row in lines
    )


def write_between_marks(path: Path, name: str, lines: str) -> None:
    """Replace what stands between ``<!-- NAME -->`` and ``<!-- end of NAME -->`` in a file.

    Raises:
        RunError: the file is not there, or does not hold the two marks once each.
    """
    if not path.is_file():
        raise RunError(f"There is no file {path} to write the results of {name} into.")
    text = path.read_text(encoding="utf-8")
    first, last = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if text.count(first) != 1 or text.count(last) != 1:
        raise RunError(
            f"{path} has no place for the results of {name}: put {first} and {last} on lines of their own."
        )
    pattern = re.compile(re.escape(first) + ".*?" + re.escape(last), re.DOTALL)
    files.write_text(path, pattern.sub(lambda _: f"{first}\n{lines.strip()}\n{last}", text))
