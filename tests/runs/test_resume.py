"""A run that is killed in every stage, and started again each time, ends with the same bytes."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from references import tiny_run
from sememe import files
from sememe.errors import RunError
from sememe.runs import RunFolder, run
from sememe.runs.stages import stages_of


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "measures").iterdir())}


def test_a_run_killed_in_every_stage_ends_with_the_same_measures(whole, tmp_path):
    folder = tmp_path / "run"
    n_stages = len(stages_of(tiny_run.tiny(), RunFolder(folder), "cpu"))
    assert n_stages == 8
    for stage in range(1, n_stages + 1):
        done = subprocess.run([sys.executable, tiny_run.__file__, folder, str(stage)], capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    finished = run(tiny_run.tiny(), folder, device="cpu")
    assert finished.resumed
    assert results(folder) == results(whole)
    assert (folder / "report.html").exists()
    assert not list(folder.rglob(files.TEMPORARY_PREFIX + "*"))


def test_a_finished_run_is_not_done_again(whole):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*.parquet")}
    assert run(tiny_run.tiny(), whole, device="cpu").resumed
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*.parquet")} == before


def test_the_record_says_how_to_make_it_again(whole):
    record = RunFolder(whole).read_record()
    assert record["status"] == "finished"
    assert record["configuration"] == tiny_run.tiny().as_json()
    assert record["processes"][0]["packages"]["torch"]
    assert record["processes"][0]["device"] == "cpu"
    assert record["peak_memory_bytes"] > 0
    assert [stage["name"] for stage in record["stages"]][:2] == [
        "train digit_mlp",
        "train digit_mlp.second",
    ]


def test_another_configuration_is_refused_and_nothing_is_lost(whole):
    before = results(whole)
    with pytest.raises(RunError, match="seed is 0 there and 1 here"):
        run(tiny_run.tiny(seed=1), whole, device="cpu")
    assert results(whole) == before


def test_a_run_of_an_older_layout_is_refused(whole, tmp_path):
    record = files.read_json(whole / "run.json")
    record["configuration"]["layout_version"] = 0
    files.write_json(tmp_path / "run.json", record)
    with pytest.raises(RunError, match="another version of Sememe"):
        run(tiny_run.tiny(), tmp_path, device="cpu")


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match=r"not a run and not empty.*thesis\.tex"):
        run(tiny_run.tiny(), tmp_path, device="cpu")
    assert (tmp_path / "thesis.tex").read_text() == "precious"


def test_two_processes_do_not_fill_one_folder(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.locked(), pytest.raises(RunError, match="Another process"):
        run(tiny_run.tiny(), folder.path, device="cpu")
