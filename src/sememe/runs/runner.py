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
from sememe.runs.pace import work_through
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

        def finished(stage: Stage, seconds: float, result: str) -> str:
            _note_stage(record, stage, seconds, result)
            folder.write_record(record)
            if stage.worth_a_look:
                write_report(configuration, folder)
                result += f"; a first look: {folder.report_path}"
            return result

        work_through(stages, reporter, finished)
        record |= {"status": "finished", "finished": _now()}
        folder.write_record(record)
    return Finished(folder, time.perf_counter() - started, peak_memory(), earlier is not None)


def _note_stage(record: dict[str, Any], stage: Stage, seconds: float, result: str) -> None:
    done = {"name": stage.name, "seconds": round(seconds, 3), "finished": _now(), "result": result}
    record["stages"].append(done)
    record["peak_memory_bytes"] = max(record["peak_memory_bytes"], peak_memory())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
