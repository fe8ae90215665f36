"""Every study at its smallest, from networks to page, and that it goes on after a stop."""

from dataclasses import replace

import pytest

from sememe.runs.reporter import Silent
from sememe.studies import Options, configure, monosemanticity_design, run_study
from sememe.studies.cells import read_table
from sememe.studies.lineup import lineup

FEW = {"train_images": 600, "report_images": 200}


class StopsAfter(Silent):
    """As Ctrl-C does, in the middle of a study."""

    def __init__(self, stages):
        self.left = stages

    def begin(self, title, number, of, remaining):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def made(study, folder):
    return run_study(study, folder, device="cpu")


def stopped_and_resumed(study, folder, stages):
    with pytest.raises(KeyboardInterrupt):
        run_study(study, folder, device="cpu", reporter=StopsAfter(stages))
    return made(study, folder)


@pytest.fixture(scope="module")
def width(tmp_path_factory):
    study = replace(
        configure("width", Options(quick=True)),
        **FEW,
        widths=(4, 8),
        components=12,
        k=(2, 4),
        steps=20,
        fvu=0.9,
    )
    return study, made(study, tmp_path_factory.mktemp("width") / "study")


def test_width_compares_every_width_on_every_network(width):
    _, finished = width
    rows = read_table(finished.folder.table).to_pylist()
    assert {(row["width"], row["network_seed"]) for row in rows} == {
        (w, seed) for w in (4, 8) for seed in (100, 101)
    }
    assert {"neurons", "TopK SAE", "rotated neurons", "random directions", "stored activations"} == {
        row["unit_set"] for row in rows
    }
    assert "with 4 neurons" in finished.findings.sentences[0]
    assert "| `hidden1` | 4 |" in finished.folder.markdown.read_text()


def test_a_stopped_study_ends_with_the_same_table(width, tmp_path):
    study, finished = width
    again = stopped_and_resumed(study, tmp_path / "study", stages=4)
    assert again.resumed
    assert again.folder.table.read_bytes() == finished.folder.table.read_bytes()
    assert again.folder.figure.read_bytes() == finished.folder.figure.read_bytes()


def test_splitting_links_sizes_and_draws_trees(tmp_path):
    study = replace(
        configure("splitting", Options(quick=True, layer="hidden1")), **FEW, multiples=(1, 2), k=3, steps=30
    )
    finished = made(study, tmp_path / "study")
    rows = read_table(finished.folder.table).to_pylist()
    assert [(r["unit_set"], r["multiple"], r["units"]) for r in rows] == [
        ("TopK SAE", 1, 16),
        ("TopK SAE", 2, 32),
        ("random directions", 1, 16),
        ("random directions", 2, 32),
    ]
    assert rows[0]["linked"] is None
    assert 0 <= rows[1]["linked_by_chance"] <= rows[1]["linked"] <= 1
    page = finished.folder.page.read_text()
    assert 'class="split-tree features hidden1-trees ink"' in page
    assert "1×, component" in page


def test_universality_finds_counterparts_across_seeds_and_architectures(tmp_path):
    study = replace(
        configure("universality", Options(quick=True, dictionaries=2)),
        **FEW,
        layers=("hidden1",),
        components=(24,),
        k=3,
        steps=20,
    )
    finished = made(study, tmp_path / "study")
    rows = read_table(finished.folder.table).to_pylist()
    assert {row["relation"] for row in rows} == {"same network, other dictionary", "other seed"}
    # Neurons have no seed of their own: on the same network they find themselves.
    same = [r for r in rows if r["unit_set"] == "all neurons" and r["relation"].startswith("same")]
    assert min(row["correlation"] for row in same) == pytest.approx(1.0)
    assert all(row["chance"] <= 1 for row in rows)


def test_monosemanticity_pools_networks(tmp_path, monkeypatch):
    few = ("neurons", "TopK SAE", "stored activations")

    def short(*given, **named):
        return tuple(entry for entry in lineup(*given, **named) if entry.sweep.title in few)

    monkeypatch.setattr(monosemanticity_design, "lineup", short)
    study = replace(
        configure(
            "monosemanticity",
            Options(quick=True, layer="hidden2", networks=2, dictionaries=1, families="topk"),
        ),
        **FEW,
        steps=20,
        replicates=20,
        units=4,
        fvu=(0.9,),
    )
    finished = stopped_and_resumed(study, tmp_path / "study", stages=7)
    rows = read_table(finished.folder.table).to_pylist()
    scores = [row for row in rows if row["row"] == "score"]
    features = [row for row in scores if row["unit_set"] == "TopK SAE" and row["at"] == "own"]
    assert {row["units"] for row in features} == {2 * 16}
    assert any(row["measure"] == "universality" for row in features)
    assert any(row["row"] == "difference" and row["control"] == "neurons" for row in rows)
    assert "on hidden2 they (TopK SAE)" in finished.findings.sentences[0]
    assert "| `hidden2` | TopK SAE |" in finished.folder.markdown.read_text()
