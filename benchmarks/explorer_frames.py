"""When a person saw it: the frames of a page, from Chromium's own trace.

A change of the page is seen when the frame that holds it is presented, not when a script has made it.
Chromium traces every frame: its commit, when the page's state is taken over, and its presentation. What was
done before a commit is in that frame, or in an earlier one.
"""

import bisect
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_CATEGORIES = ["blink.user_timing", "cc", "benchmark"]
_COMMIT = ("Commit", "b")
_PRESENTED = ("SubmitCompositorFrameToPresentationCompositorFrame", "e")
_CLOCK = "sememe clock"


class Frames:
    """The presented frames of one page.

    Args:
        events: of the trace.
        clock: when the page made the mark that the trace knows it by; times are ``performance.now()``'s.
    """

    def __init__(self, events: Sequence[dict[str, Any]], clock: float) -> None:
        timed = sorted((event for event in events if "ts" in event), key=lambda event: event["ts"])
        mark = next(event for event in timed if event["name"] == _CLOCK)
        committed: dict[str, float] = {}
        found = []
        for event in timed:
            if event["pid"] != mark["pid"]:
                continue
            frame, phase = event.get("id2", {}).get("local"), (event["name"], event["ph"])
            at = clock + (event["ts"] - mark["ts"]) / 1000
            if phase == _COMMIT:
                committed[frame] = at
            elif phase == _PRESENTED and frame in committed:
                found.append((committed.pop(frame), at))
        self._commits = [commit for commit, _ in sorted(found)]
        self._presented = [presented for _, presented in sorted(found)]

    def seen(self, done: float) -> float | None:
        """When something that was done at a time was on the screen; None: the trace ended before."""
        return min(self._presented[bisect.bisect_left(self._commits, done) :], default=None)


class Traced:
    """What a page showed while it was traced."""

    frames: Frames


@contextmanager
def traced(page: Page, folder: Path) -> Iterator[Traced]:
    """Trace the frames of a page; they are known when the block ends."""
    found, path = Traced(), folder / "trace.json"
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, path=path, categories=_CATEGORIES)
    clock = page.evaluate(f"performance.mark({_CLOCK!r}).startTime")
    yield found
    browser.stop_tracing()
    found.frames = Frames(json.loads(path.read_text())["traceEvents"], clock)
