"""Make a study into a folder, going on where an earlier process stopped."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sememe import files
from sememe.networks import resolve_device
from sememe.runs.pace import work_through
from sememe.runs.provenance import peak_memory, provenance
from sememe.runs.reporter import Reporter, Silent
from sememe.runs.stage import Stage
from sememe.studies.cells import write_table
from sememe.studies.folder import StudyFolder
from sememe.studies.markdown import documented
from sememe.studies.page import study_html
from sememe.studies.panel_svg import panels_svg
from sememe.studies.study import Findings, Options, Study


@dataclass(frozen=True)
class Finished:
    """What a finished study has to say."""

    folder: StudyFolder
    findings: Findings
    seconds: float  # of this process
    peak_memory: int  # bytes, of this process
    resumed: bool  # whether an earlier process had done part of it


def run_study(
    study: Study,
    path: Path | str,
    *,
    options: Options | None = None,
    device: str = "auto",
    reporter: Reporter | None = None,
) -> Finished:
    """Compute every cell of a study below ``path``, then write its table, page, lines and figure.

    A folder that holds part of the same study is completed; cells whose results exist are not repeated.
    ``options`` are those that the study was configured with, for the command that the page names.

    Raises:
        RunError: the folder holds anything else, or another process fills it.
    """
    reporter = reporter or Silent()
    started = time.perf_counter()
    resolved = resolve_device(device).type  # before anything is written
    folder = StudyFolder(path)
    earlier = folder.claim(study.as_json())
    command = study.command(options or Options(quick=study.quick, seed=study.seed))
    with folder.locked():
        files.remove_leftovers(folder.path)
        record = earlier or {
            "configuration": study.as_json(),
            "command": command,
            "started": _now(),
            "stages": [],
            "processes": [],
        }
        record |= {"status": "unfinished"}
        record["processes"].append(provenance(resolved))
        files.write_json(folder.record, record)

        def finished(stage: Stage, seconds: float, result: str) -> str:
            record["stages"].append({"name": stage.name, "seconds": round(seconds, 3), "result": result})
            files.write_json(folder.record, record)
            return result

        work_through(study.stages(folder, resolved), reporter, finished)
        findings = study.findings(folder)
        record |= {"status": "finished", "finished": _now()}
        files.write_json(folder.record, record)
        write_table(folder.table, findings.table)
        files.write_text(
            folder.page,
            study_html(study.title, study.question, findings.sentences, findings.sections, record),
        )
        files.write_text(folder.figure, panels_svg(findings.figure))
        files.write_text(folder.markdown, documented(study.label, study.title, findings.markdown, record))
    return Finished(folder, findings, time.perf_counter() - started, peak_memory(), earlier is not None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
