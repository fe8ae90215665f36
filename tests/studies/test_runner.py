"""A study into a folder: whole, resumed after a kill, refused where something else is."""

import signal
import subprocess
import sys

import pytest

from references import tiny_study
from sememe import files
from sememe.errors import FormatError, RunError
from sememe.runs.reporter import Silent
from sememe.studies import Options, StudyFolder, run_study
from sememe.studies.cells import read_table


class Remembers(Silent):
    def __init__(self):
        self.skipped, self.ended, self.remaining = [], [], []

    def begin(self, title, number, of, remaining):
        self.remaining.append(remaining)

    def skip(self, title, number, of):
        self.skipped.append(title)

    def end(self, seconds, result):
        self.ended.append(result)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return run_study(tiny_study.tiny(), tmp_path_factory.mktemp("tiny") / "study", device="cpu")


def test_a_study_leaves_its_table_page_figure_and_lines(whole):
    rows = read_table(whole.folder.table).to_pylist()
    assert rows == [{"seed": seed, "square": seed**2} for seed in (100, 101, 102)]
    page = whole.folder.page.read_text()
    assert "What are the squares?" in page
    assert "They are &lt;drawn&gt; elsewhere." in page
    assert "sememe study tiny --quick --seed 0" in page
    assert whole.folder.figure.read_text().startswith("<svg")
    lines = whole.folder.markdown.read_text()
    assert lines.startswith("![Tiny](results/tiny.svg)")
    assert "Made by `sememe study tiny --quick --seed 0`" in lines


def test_the_record_says_how_to_make_it_again(whole):
    record = files.read_json(whole.folder.record)
    assert record["status"] == "finished"
    assert record["configuration"] == tiny_study.tiny().as_json()
    assert [stage["name"] for stage in record["stages"]] == ["square 100", "square 101", "square 102"]
    assert record["processes"][0]["packages"]["torch"]


@pytest.mark.parametrize("cell", [0, 2])
def test_a_study_killed_in_a_cell_goes_on_there_and_ends_with_the_same_bytes(whole, tmp_path, cell):
    done = subprocess.run(
        [sys.executable, tiny_study.__file__, tmp_path / "study", str(cell)], capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    heard = Remembers()
    finished = run_study(tiny_study.tiny(), tmp_path / "study", device="cpu", reporter=heard)
    assert finished.resumed
    assert (len(heard.skipped), len(heard.ended)) == (cell, 3 - cell)
    assert heard.remaining[0] > 0
    for name in ("table", "figure"):
        assert getattr(finished.folder, name).read_bytes() == getattr(whole.folder, name).read_bytes()
    assert not list((tmp_path / "study").rglob(files.TEMPORARY_PREFIX + "*"))


def test_a_finished_study_computes_nothing_again(whole):
    heard = Remembers()
    run_study(tiny_study.tiny(), whole.folder.path, device="cpu", reporter=heard)
    assert heard.ended == []


def test_another_study_is_refused_and_nothing_is_lost(whole):
    before = whole.folder.table.read_bytes()
    other = tiny_study.Tiny.configured(Options(seed=1))
    with pytest.raises(RunError, match=r"holds another study \(seed is 0 there and 1 here\)"):
        run_study(other, whole.folder.path, device="cpu")
    assert whole.folder.table.read_bytes() == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(RunError, match=r"not a study and not empty.*thesis\.tex"):
        run_study(tiny_study.tiny(), tmp_path, device="cpu")
    assert (tmp_path / "thesis.tex").read_text() == "precious"
    with pytest.raises(RunError, match="is a file, not a folder"):
        run_study(tiny_study.tiny(), tmp_path / "thesis.tex", device="cpu")


def test_a_damaged_record_is_named(tmp_path):
    files.write_json(tmp_path / "study.json", [1, 2])
    with pytest.raises(FormatError, match=r"study\.json is not a record of a study"):
        run_study(tiny_study.tiny(), tmp_path, device="cpu")


def test_two_processes_do_not_fill_one_folder(tmp_path):
    folder = StudyFolder(tmp_path / "study")
    with folder.locked(), pytest.raises(RunError, match=r"Another process is filling .*with --to"):
        run_study(tiny_study.tiny(), folder.path, device="cpu")
