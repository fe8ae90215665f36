"""The comparison, its table and its sentence, on planted truth."""

import json
import re

import numpy as np
import pytest
from scipy import sparse

from sememe import measures
from sememe.errors import MeasureError
from sememe.measures import Estimate, Evaluation, MeasureTable, compare


def keep(codes, k):
    codes = np.maximum(codes, 0)
    return np.where(codes >= np.partition(codes, -k, axis=1)[:, [-k]], codes, 0)


@pytest.fixture(scope="module")
def swept():
    """Neurons, a random dictionary and the planted parts, on activations that are sums of parts."""
    rng = np.random.default_rng(0)
    n, n_parts = 500, 20
    labels = rng.integers(0, 5, size=n)
    strength = (rng.random((n, n_parts)) < 0.25) * rng.exponential(size=(n, n_parts))
    strength[np.arange(n), labels * 4 + rng.integers(0, 4, size=n)] += 2
    x = strength @ rng.normal(size=(n_parts, 12)) + 0.02 * rng.normal(size=(n, 12))
    drawn = measures.resample(n, replicates=100)
    known = measures.evidence(drawn, labels=labels, embeddings={"e": strength + 0.1}, centred=False)

    def scored(name, codes, **settings):
        base = np.column_stack([codes, np.ones(n)])
        x_hat = x if name == "neurons" else base @ np.linalg.lstsq(base, x)[0]
        return measures.evaluate(
            sparse.csr_array(codes), known, name=name, settings=settings, reconstruction=(x, x_hat)
        )

    random = rng.normal(size=(12, 40))
    found = [scored("neurons", x)]
    found += [scored("random", keep(x @ random, k), k=k) for k in (2, 8, 20)]
    found += [scored("parts", keep(strength, k), k=k) for k in (1, 2, 4, 8)]
    return found


@pytest.fixture(scope="module")
def table(swept):
    return compare("fc1", swept, controls=["neurons", "random"], fvu=(0.2, 0.05, 1e-4), l0=(4,))


def test_planted_parts_beat_random_directions_and_neurons(table):
    outcomes = [row.outcome for row in table.differences if row.at == "fvu=0.2" and row.control == "random"]
    assert outcomes.count("win") > len(outcomes) / 2
    row = next(r for r in table.select(at="fvu=0.2", unit_set="parts") if r.measure == "dominant_mass")
    other = next(r for r in table.select(at="fvu=0.2", unit_set="neurons") if r.measure == "dominant_mass")
    assert row.low > other.high
    assert row.low <= row.value <= row.high
    assert row.fvu == pytest.approx(0.2)


def test_every_unit_set_has_a_row_for_every_measure_at_every_place(table, swept):
    for at in ("fvu=0.2", "fvu=0.05", "fvu=0.0001", "l0=4"):
        rows = table.select(at=at)
        assert {row.unit_set for row in rows} == {"neurons", "random", "parts"}
        assert len(rows) == 3 * (len(swept[0].units) + len(swept[0].sets))
    assert len(table.select(at="own")) == 8 * (len(swept[0].units) + len(swept[0].sets))


def test_only_what_reaches_a_place_is_tested_there(table):
    assert {row.status for row in table.select(at="fvu=0.05", unit_set="neurons")} == {"exceeds"}
    assert {row.status for row in table.select(at="l0=4", unit_set="neurons")} == {"unreached"}
    assert {row.control for row in table.differences if row.at == "l0=4"} == {"random"}


def test_differences_are_corrected_for_all_tests_of_a_place(table):
    rows = [row for row in table.differences if row.at == "fvu=0.2"]
    np.testing.assert_allclose([r.p_holm for r in rows], measures.holm(np.array([r.p for r in rows])))
    for row in rows:
        assert row.low <= row.value <= row.high
        assert (row.outcome == "open") == (row.p_holm >= 0.05)


def test_what_draws_images_alone_is_tested_only_where_seeds_are_pooled():
    def found(name, value, seeds):
        drawn = value + 0.001 * np.random.default_rng(0).normal(size=50) * np.arange(1, 51)
        one = {"fvu": Estimate(0.05, np.full(50, 0.05)), "l0": Estimate(4.0, np.full(50, 4.0))}
        one["targeted_removal[2 units]"] = Estimate(value, drawn, by_seed=value + 0.001 * np.arange(seeds))
        return Evaluation(name, {}, 100, 100, 100, 4, 0, np.ones(4), one, {})

    for seeds, outcome in ((0, "open"), (3, "win")):
        pair = [found("SAE", 0.9, seeds), found("neurons", 0.1, seeds)]
        (row,) = compare("fc1", pair, controls=["neurons"], fvu=(0.05,), l0=()).differences
        assert (row.value, row.outcome) == (pytest.approx(0.8), outcome)
        assert np.isnan(row.p_holm) == (outcome == "open")
        assert row.low < row.value < row.high


def test_a_lower_polysemanticity_is_a_win(table):
    for row in table.differences:
        if row.measure.startswith("polysemanticity") and row.outcome != "open":
            assert (row.outcome == "win") == (row.value < 0)


def test_the_sentence_agrees_with_the_differences(table):
    sentence = table.sentences["fc1"]
    assert re.match(
        r"fc1: with 20 % of the variance lost, parts features \(\d\.\d firing an item\) ", sentence
    )
    for control, found in table.families["fc1"].items():
        rows = [row for row in table.differences if row.at == "fvu=0.2" and row.control == control]
        for family, outcome in found.items():
            own = [r.outcome for r in rows if measures.registry()[r.measure.split("[")[0]].family == family]
            won, lost = own.count("win"), own.count("loss")
            assert outcome == ("open" if won == lost == 0 else "won" if won >= 2 * lost else outcome)
    assert ("better than random" in sentence) == (
        list(table.families["fc1"]["random"].values()).count("won")
        > list(table.families["fc1"]["random"].values()).count("lost")
    )
    assert table.places == {"fc1": "fvu=0.2"}


def test_where_no_fidelity_is_reached_the_sentence_is_about_the_sparsity(swept):
    coarse = [e for e in swept if e.name != "parts" or e.settings["k"] <= 4]
    table = compare("fc1", coarse, controls=["neurons", "random"], fvu=(1e-4,), l0=(3, 20))
    assert table.places == {"fc1": "l0=3"}
    assert table.sentences["fc1"].startswith("fc1: with 3 firing an item, parts features (")
    assert "cannot be compared with the neurons" in table.sentences["fc1"]
    assert table.answers["fc1"] == "no"


def test_neurons_that_fire_less_than_the_sparsity_asked_are_compared(swept):
    table = compare("fc1", swept, controls=["neurons", "random"], fvu=(), l0=(15,))
    assert {row.status for row in table.select(at="l0=15", unit_set="neurons")} == {"exceeds"}


def test_losses_are_counted(swept):
    # The same, with the roles exchanged.
    table = compare("fc1", swept, controls=["parts"], fvu=(0.2,), l0=())
    lost = {row.measure for row in table.differences if row.unit_set == "random" and row.outcome == "loss"}
    assert lost
    assert table.families["fc1"]["parts"]["similarity"] == "lost"
    assert "no better on the whole than parts (ahead in 2 of 2)" in table.sentences["fc1"]


def test_a_control_that_does_not_get_there_is_named(swept):
    coarse = [e for e in swept if e.name != "random" or e.settings["k"] == 2]
    table = compare("fc1", coarse, controls=["neurons", "random"], fvu=(0.05,), l0=())
    assert table.sentences["fc1"].endswith("; never as faithful: random.")


def test_a_dictionary_that_reaches_nothing_says_so(swept):
    coarse = [e for e in swept if e.name != "parts" or e.settings["k"] == 1]
    table = compare(
        "fc1", [e for e in coarse if e.name != "random"], controls=["neurons"], fvu=(0.05, 0.02), l0=()
    )
    assert table.sentences["fc1"] == (
        "fc1: no dictionary reaches 5 % of the variance lost or 2 % of the variance lost."
    )


def test_controls_alone_make_a_table_without_a_test(swept):
    table = compare("fc1", swept[:1], controls=["neurons"])
    assert table.differences == ()
    assert table.sentences["fc1"] == "fc1: no dictionary was compared, controls only."


def test_the_table_comes_back_from_json_and_writes_the_same_bytes(table):
    text = json.dumps(table.to_dict(), allow_nan=False, sort_keys=True)
    again = MeasureTable.from_dict(json.loads(text))
    assert json.dumps(again.to_dict(), allow_nan=False, sort_keys=True) == text
    assert again.differences == table.differences
    assert np.isnan(again.select(measure="fvu")[0].null)


def test_tables_of_layers_are_added(table, swept):
    both = table + compare("conv2", swept[:1], controls=["neurons"])
    assert set(both.sentences) == set(both.places) == {"fc1", "conv2"}
    assert len(both.select(layer="conv2", at="own")) == len(swept[0].units) + len(swept[0].sets)


def test_bad_tables_and_comparisons_are_named(table, swept):
    with pytest.raises(MeasureError, match="version 99"):
        MeasureTable.from_dict({"version": 99})
    with pytest.raises(MeasureError, match=r"not whole \('places'\)"):
        MeasureTable.from_dict({k: v for k, v in table.to_dict().items() if k != "places"})
    with pytest.raises(MeasureError, match="not whole"):
        MeasureTable.from_dict({"version": 3, "rows": [{}], "differences": [], "sentences": {}})
    with pytest.raises(MeasureError, match="no unit set called 'PCA'; there are neurons"):
        compare("fc1", swept, controls=["PCA"])
    with pytest.raises(MeasureError, match="at least one evaluation"):
        compare("fc1", [], controls=[])
    with pytest.raises(MeasureError, match="no place to compare at"):
        compare("fc1", swept, controls=[], fvu=(), l0=())
    with pytest.raises(MeasureError, match=r"no \['place'\]"):
        table.select(place=1)
    other = measures.evaluate(
        np.ones((30, 2)),
        measures.evidence(measures.resample(30)),
        name="neurons",
        reconstruction=(np.eye(30), np.eye(30)),
    )
    with pytest.raises(MeasureError, match="different items"):
        compare("fc1", [*swept, other], controls=["neurons"])
