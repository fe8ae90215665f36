"""`sememe export`: what it says, and one sentence with exit code 2 where it cannot."""

import pytest

from sememe.cli import main
from sememe.explorer.export import contents, page, set_blocks

HIDDEN = "digit_mlp.hidden1"


@pytest.fixture
def sememe(monkeypatch, capsys):
    """Runs the command in this process: its exit code, what it said, what it complained of."""
    monkeypatch.setattr(set_blocks, "PER_UNIT", ("unit",))
    monkeypatch.setattr("os.cpu_count", lambda: 1)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["sememe", "export", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_it_says_what_is_in_the_file_how_large_it_is_and_how_to_open_it(sememe, finished, tmp_path):
    path = tmp_path / "run.html"
    arguments = (finished.folder.root, "--html", path, "--layers", HIDDEN, "--units", "PCA-k4")
    code, out, err = sememe(*arguments)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{HIDDEN}: Neurons, TopK SAE, k = 4, PCA, k = 4",
        f"{path}: {path.stat().st_size / 1e6:.1f} MB. "
        "Open it with any browser; it needs no server and no network.",
    ]
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    code, _, err = sememe(*arguments)
    assert code == 2
    assert err == f"sememe: {path} is there already: choose another name, or write over it with --force.\n"
    assert sememe(*arguments, "--force")[0] == 0


def test_what_is_left_out_is_said(sememe, finished, tmp_path, monkeypatch):
    known = set_blocks.dictionary_kernel
    monkeypatch.setattr(
        set_blocks, "dictionary_kernel", lambda one: known(one) if "PCA" not in one.key else None
    )
    arguments = (
        finished.folder.root,
        "--html",
        tmp_path / "run.html",
        "--layers",
        HIDDEN,
        "--units",
        "PCA-k4",
    )
    code, out, _ = sememe(*arguments)
    assert code == 0
    assert f"left out: {HIDDEN} PCA-k4: the page's kernel has no encoder for PCA" in out.splitlines()
    monkeypatch.setattr(set_blocks, "dictionary_kernel", lambda one: None)
    code, _, err = sememe(*arguments, "--force")
    assert code == 2
    assert "Nothing can be exported of" in err


@pytest.mark.parametrize(
    ("run", "html", "message"),
    [
        ("{tmp}/nowhere", "a.html", "nowhere is not a run"),
        ("{tmp}", "a.html", "is not a run"),
        ("{unfinished}", "a.html", "has no scores to export yet: finish it with"),
        ("{finished}", "gone/a.html", "There is no folder {tmp}/gone to write a.html into: make it first."),
        ("{finished}", "", "{tmp} is a folder: give the name of a file, such as {tmp}/run.html."),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(sememe, finished, folder, tmp_path, run, html, message):
    places = {"tmp": tmp_path, "unfinished": folder, "finished": finished.folder.root}
    code, out, err = sememe(run.format(**places), "--html", tmp_path / html)
    assert (code, out) == (2, "")
    assert message.format(**places) in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_the_default_is_less_than_15_megabytes():
    assert contents.Request().most_bytes == contents.MOST_BYTES == 15_000_000
    assert len(page.page_script()) + len(page.page_style()) < 500_000
