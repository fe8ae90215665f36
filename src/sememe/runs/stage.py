"""A stage: a piece of work whose result is a file or a folder.

Stages talk to one another only through the run's folder, never through memory, so that a run that was killed
and started again computes exactly what an uninterrupted one does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sememe.progress import Progress


@dataclass(frozen=True)
class Stage:
    """One step of a run."""

    name: str  # stable, for the record: "fit digit_cnn.fc1 TopKSAE"
    title: str  # for people: "fit TopK SAE on fc1, k = 2, 4, 8, 16"
    outputs: tuple[Path, ...]  # done when all of them exist; each is written whole or not at all
    work: Callable[[Progress], str]  # makes the outputs that are missing; returns one line worth reading
    seconds: float  # what it takes on two cores, roughly: only for the estimate of the time remaining
    worth_a_look: bool = (
        False  # the report is written as soon as it is done, so that there is something to see
    )

    @property
    def done(self) -> bool:
        return all(path.exists() for path in self.outputs)
