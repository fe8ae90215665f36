"""Measured tables in the pages of the documentation, each between markers of its own."""

from collections.abc import Sequence
from pathlib import Path


def put_between_markers(page: Path, name: str, lines: Sequence[str]) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end of name -->``; the page must have both."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    _, also_found, after = rest.partition(end)
    if not (found and also_found):
        raise SystemExit(f"{page} has no place for {name}: it needs the lines {begin.strip()} and {end}.")
    page.write_text(before + begin + "\n" + "\n".join(lines) + "\n\n" + end + after, "utf-8")


def spread(values: Sequence[float], form: str) -> str:
    """Mean and half the range: ``"0.045 ± 0.001"``; without the latter where it rounds to nothing."""
    mean, half = sum(values) / len(values), (max(values) - min(values)) / 2
    shown = format(half, form)
    return format(mean, form) + (f" ± {shown}" if float(shown) else "")
