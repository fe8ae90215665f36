"""A study's lines for the documentation, and putting them between its marks in a file."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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


def documented(name: str, title: str, lines: str, record: Mapping[str, Any]) -> str:
    """The figure, the lines, and the command that makes them again."""
    made = record["processes"]
    minutes = sum(stage["seconds"] for stage in record["stages"]) / 60
    revisions = dict.fromkeys((one["git_revision"] or "of an installed package")[:10] for one in made)
    how = (
        f"Made by `{record['command']}`: {minutes:.0f} min on {made[0]['processor']} (revision "
        f"{', '.join(revisions)}; torch {made[0]['packages']['torch']})."
    )
    return "\n\n".join([f"![{title}]({figure_beside(name)})", lines, how])


def figure_beside(name: str) -> str:
    """Where a study's figure is, seen from the file that shows its lines."""
    return f"results/{name}.svg"


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
