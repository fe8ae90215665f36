"""The report of a whole run, and what the terminal says of it."""

import json
import re

import numpy as np
import pytest
from rich.console import Console

from references import tiny_run
from sememe import files
from sememe.errors import RunError
from sememe.measures import MeasureTable
from sememe.runs import RunFolder, report_data
from sememe.runs.unit_table import read_units
from sememe.summary import print_summary, tables

FAMILIES = ["neurons", "TopK SAE", "L1 SAE", "random directions", "stored activations", "PCA"]


def test_the_report_holds_every_part_of_the_run(whole):
    data = report_data(tiny_run.tiny(), RunFolder(whole))
    (layer,) = data.layers
    assert data.run.finished
    assert data.run.command == "sememe run tiny"
    assert layer.answer is not None
    assert data.networks[0].first_layer.weights.shape == (16, 28, 28)
    assert len(layer.unit_sets) == 12
    shown = [unit_set for unit_set in layer.unit_sets if unit_set.galleries]
    assert [unit_set.kind for unit_set in shown] == ["neurons", "features"]
    assert {gallery.title for unit_set in shown for gallery in unit_set.galleries} == {
        "drawn at random",
        "the most monosemantic",
    }
    for comparison in layer.comparisons:
        assert [row.title for row in comparison.rows] == FAMILIES


def test_every_unit_set_is_compared_with_an_interval_at_every_place(whole):
    table = MeasureTable.from_dict(files.read_json(whole / "measures" / "digit_mlp.hidden1.json"))
    for place in ("fvu=0.05", "fvu=0.02", "l0=2"):
        for family in FAMILIES:
            rows = table.select(at=place, unit_set=family)
            scored = [row for row in rows if not np.isnan(row.null)]
            assert len(scored) == 14
            assert all(row.low <= row.value <= row.high for row in scored)


def test_the_table_of_units_has_a_row_for_each(whole):
    units = read_units(whole / "measures" / "digit_mlp.hidden1.units.parquet")
    assert units.num_rows == 2 * 16 + 8 * 32 + 2 * 16
    density = units["density"].to_numpy()
    assert ((density >= 0) & (density <= 1)).all()


def test_the_terminal_shows_the_table_and_the_sentence(whole, capsys):
    print_summary(Console(width=80, highlight=False), RunFolder(whole))
    shown = capsys.readouterr().out
    (table,) = tables(RunFolder(whole))
    title = {
        "fvu=0.05": "at equal fidelity (5 % of variance lost)",
        "fvu=0.02": "at equal fidelity (2 % of variance lost)",
        "l0=2": "at equal sparsity (2 firing an item)",
    }[table.places["hidden1"]]
    assert f"hidden1 of digit_mlp, {title}" in shown
    assert re.search(r"TopK SAE +\d+\.\d +\d+\.\d % +\d\.\d\d \[\d\.\d\d, \d\.\d\d\]", shown)
    assert re.search(r"^(yes|no|mixed)\. hidden1", shown, re.MULTILINE)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_verdict_as_json_has_no_nan(whole):
    text = json.dumps([table.to_dict() for table in tables(RunFolder(whole), "hidden1")], allow_nan=False)
    assert json.loads(text)[0]["answers"]["hidden1"] in ("yes", "no", "mixed")


def test_a_layer_that_the_run_does_not_have_is_named(whole):
    with pytest.raises(RunError, match="no layer 'conv9': it has hidden1"):
        tables(RunFolder(whole), "conv9")


def test_an_early_report_says_what_is_missing(tmp_path, whole):
    early = tmp_path / "early"
    early.mkdir()
    (early / "run.json").write_bytes((whole / "run.json").read_bytes())
    data = report_data(tiny_run.tiny(), RunFolder(early))
    assert not data.run.finished
    assert data.networks == ()
    assert data.layers[0].unit_sets == ()
