"""Run a recipe into a folder, going on where an earlier process stopped."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sememe import files
from sememe.networks.device import resolve_device
from sememe.recipes.configuration import RunConfiguration
from sememe.runs.folder import RunFolder
from sememe.runs.provenance import peak_memory, provenance
from sememe.runs.report import write_report
from sememe.runs.reporter import Reporter, Silent
from sememe.runs.stage import Stage
from sememe.runs.stages import stages_of


@dataclass(frozen=True)
class Finished:
    """What a finished run has to say."""

    folder: RunFolder
    seconds: float  # of this process
    peak_memory: int  # bytes, of this process
    resumed: bool  # whether an earlier process had done part of it


def run(
    configuration: RunConfiguration,
    path: Path | str,
    *,
    device: str = "auto",
    command: str = "",
    reporter: Reporter | None = None,
) -> Finished:
    """Make everything that a configuration asks for, below ``path``.

    A folder that holds part of the same run is completed; stages whose results exist are not repeated, and
    the numbers are those of an uninterrupted run. ``command`` is kept in the record. Raises
    :class:`~sememe.errors.RunError` when the folder holds anything else.
    """
    reporter = reporter or Silent()
    started = time.perf_counter()
    resolved = resolve_device(device).type  # before anything is written
    folder = RunFolder(path)
    earlier = folder.claim(configuration)
    with folder.locked():
        files.remove_leftovers(folder.path)
        record = earlier or {
            "configuration": configuration.as_json(),
            "command": command,
            "started": _now(),
            "stages": [],
            "processes": [],
            "peak_memory_bytes": 0,
        }
        record |= {"status": "unfinished"}
        record["processes"].append(provenance(resolved))
        folder.write_record(record)
        stages = stages_of(configuration, folder, resolved)
        pace = _Pace(stages)
        for number, stage in enumerate(stages, start=1):
            if stage.done:
                reporter.skip(stage.title, number, len(stages))
                continue
            reporter.begin(stage.title, number, len(stages), pace.remaining(number - 1))
            begun = time.perf_counter()
            result = stage.work(reporter.progress)
            seconds = time.perf_counter() - begun
            pace.took(stage, seconds)
            _note_stage(record, stage, seconds, result)
            folder.write_record(record)
            if stage.worth_a_look:
                write_report(configuration, folder)
                result += f"; a first look: {folder.report_path}"
            reporter.end(seconds, result)
        record |= {"status": "finished", "finished": _now()}
        folder.write_record(record)
    return Finished(folder, time.perf_counter() - started, peak_memory(), earlier is not None)


def _note_stage(record: dict[str, Any], stage: Stage, seconds: float, result: str) -> None:
    done = {"name": stage.name, "seconds": round(seconds, 3), "finished": _now(), "result": result}
    record["stages"].append(done)
    record["peak_memory_bytes"] = max(record["peak_memory_bytes"], peak_memory())


# Seconds of expected work that the estimate trusts before it has seen any.
_PRIOR = 20.0


class _Pace:
    """Estimates the time remaining from how this machine fares against the stages' rough durations."""

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = stages
        self._expected = 0.0
        self._measured = 0.0

    def took(self, stage: Stage, seconds: float) -> None:
        self._expected += stage.seconds
        self._measured += seconds

    def remaining(self, finished: int) -> float:
        # One short stage says little about the rest: it counts as if some more had gone as expected.
        ratio = (self._measured + _PRIOR) / (self._expected + _PRIOR)
        return ratio * sum(stage.seconds for stage in self._stages[finished:] if not stage.done)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
