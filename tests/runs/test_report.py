"""The report of a whole run, and what the terminal says of it."""

import json
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from references import tiny_run
from sememe import files
from sememe.errors import RunError
from sememe.measures import MeasureTable, registry
from sememe.runs import RunFolder, report_data, run, verdict_document
from sememe.runs.unit_table import read_units
from sememe.summary import print_summary

SETS = [
    "neurons",
    "TopK SAE",
    "L1 SAE",
    "top neurons",
    "random directions",
    "stored activations",
    "PCA",
    "untrained network",
    "pixels",
]


def test_the_report_holds_every_part_of_the_run(whole):
    data = report_data(tiny_run.tiny(), RunFolder(whole))
    (layer,) = data.layers
    assert data.run.finished
    assert data.run.command == "sememe run tiny"
    assert layer.answer is not None
    assert data.networks[0].first_layer.weights.shape == (16, 28, 28)
    assert len(layer.unit_sets) == 15
    shown = [unit_set for unit_set in layer.unit_sets if unit_set.galleries]
    assert [unit_set.kind for unit_set in shown] == ["neurons", "features"]
    assert {gallery.title for unit_set in shown for gallery in unit_set.galleries} == {
        "drawn at random",
        "the most monosemantic",
    }
    for comparison in layer.comparisons:
        assert [row.title for row in comparison.rows] == SETS


def test_the_report_shows_won_and_lost_by_family_against_every_control(whole):
    (layer,) = report_data(tiny_run.tiny(), RunFolder(whole)).layers
    table = table_of(whole)
    assert layer.duels is not None
    assert [row.title for row in layer.duels.rows] == [name for name in SETS if "SAE" not in name]
    for row in layer.duels.rows:
        assert row.outcomes == table.families["hidden1"].get(row.title)
    assert any("universality" not in note and "seed" in note for note in layer.notes)
    html = (whole / "report.html").read_text()
    assert "Won and lost" in html
    assert layer.duels.features in html


def table_of(whole):
    return MeasureTable.from_dict(files.read_json(whole / "measures" / "digit_mlp.hidden1.json"))


def test_every_family_of_measures_is_there_at_every_place(whole):
    table = table_of(whole)
    for place in ("fvu=0.05", "fvu=0.02", "l0=2", "loss_recovered[zero]=0.99"):
        for unit_set in SETS:
            rows = table.select(at=place, unit_set=unit_set)
            families = {registry()[row.measure.partition("[")[0]].family for row in rows}
            if unit_set in ("untrained network", "pixels"):  # not what the network runs on
                assert bool(families) == (not place.startswith("loss"))
            else:
                assert families >= {
                    "fidelity",
                    "selectivity",
                    "similarity",
                    "concepts",
                    "simulation",
                    "cause",
                }
                assert all(row.low <= row.value <= row.high for row in rows if not np.isnan(row.value))
            if unit_set in ("TopK SAE", "random directions"):
                assert {"matched_cosine", "share_matched", "universality"} <= {row.measure for row in rows}


def test_no_more_units_are_scored_than_were_drawn(whole):
    table = table_of(whole)
    (random,) = {row.scored for row in table.select(at="fvu=0.05", unit_set="random directions")}
    assert random == 20
    own = table.select(at="own", unit_set="TopK SAE", measure="dominant_mass")
    assert {(row.settings["k"], row.scored) for row in own} == {(2, 32), (6, 20)}, "k = 2 is shown"


def test_the_table_of_units_has_a_row_for_each(whole):
    units = read_units(whole / "measures" / "digit_mlp.hidden1.units.parquet")
    assert units.num_rows == 16 + 2 * 32 + 2 * 32 + 2 * 16 + 4 * 32 + 2 * 16 + 2 * 32
    density = units["density"].to_numpy()
    assert ((density >= 0) & (density <= 1)).all()


def test_the_terminal_shows_the_table_and_the_sentence(whole, capsys):
    print_summary(Console(width=80, highlight=False), RunFolder(whole))
    shown = capsys.readouterr().out
    table = table_of(whole)
    title = {
        "fvu=0.05": "at equal fidelity (5 % of variance lost)",
        "fvu=0.02": "at equal fidelity (2 % of variance lost)",
        "l0=2": "at equal sparsity (2 firing an item)",
        "loss_recovered[zero]=0.99": "at equal fidelity (99 % of the loss recovered)",
    }[table.places["hidden1"]]
    assert f"hidden1 of digit_mlp, {title}" in shown
    assert re.search(r"TopK SAE +\d+\.\d +\d+\.\d % +-?\d\.\d\d \[-?\d\.\d\d, -?\d\.\d\d\]", shown)
    if "neurons" in table.families["hidden1"]:
        assert re.search(r"neurons +\d+\.\d .*\] +([-+±·]  ){3,}", shown)
    assert re.search(r"^(yes|no|mixed)\. hidden1", shown, re.MULTILINE)
    assert re.search(r"monosemanticity +se si co sm ca st", shown)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_verdict_as_json_has_every_field_of_every_control(whole):
    document = json.loads(json.dumps(verdict_document(RunFolder(whole), "hidden1"), allow_nan=False))
    (layer,) = document["layers"]
    assert layer["answer"] in ("yes", "no", "mixed")
    assert layer["sentence"].startswith("hidden1: ")
    place = next(place for place in layer["places"] if place["at"] == layer["place"])
    features = [found for found in place["unit_sets"] if found["kind"] == "features"]
    judged = next(found for found in features if found["status"] != "unreached")
    assert {"units", "scored", "dead", "items", "images", "fvu", "l0"} <= set(judged)
    tested = [measure for measure in judged["measures"] if measure["controls"]]
    assert len({measure["family"] for measure in tested}) >= 5
    for measure in tested:
        assert {"value", "interval", "without_dead", "null"} <= set(measure)
        for control in measure["controls"]:
            assert {"difference", "interval", "p", "p_holm", "at", "control_fvu", "outcome"} <= set(control)
    met = {control["control"] for measure in tested for control in measure["controls"]}
    assert met == set(layer["families"])


def test_reading_a_verdict_loads_no_torch(whole):
    code = (
        "import sys; from sememe.runs import RunFolder, verdict_document; "
        "verdict_document(RunFolder(sys.argv[1])); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, whole], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("part", "damaged"),
    [
        ("dictionaries/digit_mlp.hidden1/TopKSAE-k2", "sae_weights.safetensors"),
        ("network/digit_mlp", "weights.safetensors"),
        ("images/known.npz", ""),
    ],
)
def test_of_a_damaged_part_the_message_says_what_to_remove(whole, tmp_path, part, damaged):
    copy = tmp_path / "run"
    shutil.copytree(whole, copy)
    (copy / part / damaged).write_bytes(b"not what it was")
    shutil.rmtree(copy / "measures")
    with pytest.raises(RunError, match=f"Remove .*{part} and give the run's command again"):
        run(tiny_run.tiny(), copy, device="cpu")


def test_a_layer_that_the_run_does_not_have_is_named(whole):
    with pytest.raises(RunError, match="no layer 'conv9': it has hidden1"):
        verdict_document(RunFolder(whole), "conv9")


def test_an_early_report_says_what_is_missing(tmp_path, whole):
    early = tmp_path / "early"
    early.mkdir()
    (early / "run.json").write_bytes((whole / "run.json").read_bytes())
    data = report_data(tiny_run.tiny(), RunFolder(early))
    assert not data.run.finished
    assert data.networks == ()
    assert data.layers[0].unit_sets == ()
