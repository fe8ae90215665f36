"""Progress that also says how long it will take."""

import time

from sememe.console import duration
from sememe.progress import Progress


def with_remaining(progress: Progress) -> Progress:
    """``progress`` with the time that is left in its notes, judged by the speed since the first call."""
    begun: list[tuple[float, float]] = []

    def told(fraction: float, note: str) -> None:
        now = time.monotonic()
        if not begun:
            begun.append((fraction, now))  # work that is resumed does not begin at 0
        first, start = begun[0]
        if fraction > first and now - start >= 1.0 and fraction < 1.0:
            left = (1.0 - fraction) * (now - start) / (fraction - first)
            note = f"about {duration(left)} to go, {note}"  # first: a narrow terminal cuts the end
        progress(fraction, note)

    return told
