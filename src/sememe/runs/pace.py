"""Work through stages, those that are done left out, with an estimate of the time that remains."""

import time
from collections.abc import Callable, Sequence

from sememe.runs.reporter import Reporter
from sememe.runs.stage import Stage

# Seconds of expected work that the estimate trusts before it has seen any.
_PRIOR = 20.0


class Pace:
    """Estimates the time remaining from how this machine fares against the stages' rough durations."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = stages
        self._expected = 0.0
        self._measured = 0.0

    def took(self, stage: Stage, seconds: float) -> None:
        self._expected += stage.seconds
        self._measured += seconds

    def remaining(self, finished: int) -> float:
        """Seconds, with the first ``finished`` stages behind us."""
        # One short stage says little about the rest: it counts as if some more had gone as expected.
        ratio = (self._measured + _PRIOR) / (self._expected + _PRIOR)
        return ratio * sum(stage.seconds for stage in self._stages[finished:] if not stage.done)


def work_through(
    stages: Sequence[Stage], reporter: Reporter, finished: Callable[[Stage, float, str], str]
) -> None:
    """Do the work of every stage whose results do not exist yet.

    Args:
        stages: in their order.
        reporter: is told of each.
        finished: takes the stage, its seconds and what it says of its result; keeps what is to be kept, and
            returns what the reporter is to say.
    """
    pace = Pace(stages)
    for number, stage in enumerate(stages, start=1):
        if stage.done:
            reporter.skip(stage.title, number, len(stages))
            continue
        reporter.begin(stage.title, number, len(stages), pace.remaining(number - 1))
        begun = time.perf_counter()
        result = stage.work(reporter.progress)
        seconds = time.perf_counter() - begun
        pace.took(stage, seconds)
        reporter.end(seconds, finished(stage, seconds, result))
