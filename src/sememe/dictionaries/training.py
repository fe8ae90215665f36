"""The training loop: one pass of batches drives one dictionary or many."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.checkpoint import read_checkpoint, write_checkpoint
from sememe.dictionaries.learner import Learner
from sememe.dictionaries.stream import BatchStream
from sememe.progress import Progress, silent

# What the log is given: a record of one dictionary at one step.
Log = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True)
class Checkpoints:
    """Where the state of a training is kept, and how often.

    Attributes:
        folder: is there after the first ``every`` steps; a training that finds it goes on from it.
        every: steps from one writing to the next.
        identity: what a training must share with the checkpoint to go on from it.
    """

    folder: Path
    every: int
    identity: dict[str, Any]


def train(
    learners: Sequence[Learner],
    stream: BatchStream,
    n_steps: int,
    *,
    held_out: Float32[np.ndarray, "batch neurons"] | None = None,
    checkpoints: Checkpoints | None = None,
    log: Log | None = None,
    log_every: int = 50,
    progress: Progress = silent,
) -> None:
    """Train all learners for ``n_steps`` batches of one stream, in place.

    A training that was cut off and is started again with the same checkpoints ends, bit for bit, where it
    would have ended. A learner that stops early leaves the stream to the others. ``log`` is given a record
    of each learner every ``log_every`` steps: ``dictionary`` (its number), ``step``, ``loss``, ``fvu``,
    ``l0``, ``dead``, ``learning_rate``, ``items_per_second``, and ``held_out_fvu`` at the end of every pass.

    Raises:
        DictionaryError: a training diverged.
        FormatError: the checkpoint is damaged or belongs to another training.
    """
    start = 0
    if checkpoints is not None and checkpoints.folder.exists():
        start = read_checkpoint(checkpoints.folder, checkpoints.identity, learners)
    clock = _Clock(start)
    for step, batch in enumerate(stream.batches(start, n_steps), start + 1):
        active = [learner for learner in learners if not learner.stopped]
        for learner in active:
            learner.update(batch, stream.items)
        end_of_pass = step % stream.batches_per_epoch == 0 or step == n_steps
        errors: dict[int, float] = {}
        if held_out is not None and end_of_pass:
            errors = {id(learner): learner.held_out_fvu(held_out) for learner in active}
            for learner in active:
                if learner.early_stop is not None:
                    learner.early_stop.update(errors[id(learner)])
        if step % log_every == 0 or step == n_steps or errors:
            speed = clock.items_per_second(step, stream.batch_size)
            records = [_record(n, learner, speed, errors) for n, learner in enumerate(learners)]
            for record in records if log is not None else []:
                assert log is not None
                log(record)
            progress(step / n_steps, _note(records, step, n_steps))
        done = step == n_steps or all(learner.stopped for learner in learners)
        if checkpoints is not None and (step % checkpoints.every == 0 or done):
            write_checkpoint(checkpoints.folder, checkpoints.identity, step, learners)
        if done:
            break


class _Clock:
    """Items a second since the last question."""

    def __init__(self, step: int) -> None:
        self._step, self._time = step, time.perf_counter()

    def items_per_second(self, step: int, batch_size: int) -> float:
        now = time.perf_counter()
        speed = (step - self._step) * batch_size / max(now - self._time, 1e-9)
        self._step, self._time = step, now
        return speed


def _record(number: int, learner: Learner, speed: float, errors: dict[int, float]) -> dict[str, Any]:
    record = {"dictionary": number, **learner.record(), "items_per_second": speed}
    if id(learner) in errors:
        record["held_out_fvu"] = errors[id(learner)]
    return record


def _note(records: Sequence[Mapping[str, Any]], step: int, n_steps: int) -> str:
    fvu = ", ".join(f"{record['fvu']:.3f}" for record in records[:4]) + (", ..." if len(records) > 4 else "")
    return f"step {step} of {n_steps}, FVU {fvu}"
