"""An evaluation on disk; what is damaged or foreign is refused in words."""

import numpy as np
import pytest

from sememe import measures
from sememe.errors import FormatError


@pytest.fixture
def evaluation():
    rng = np.random.default_rng(0)
    codes = np.maximum(rng.normal(size=(60, 5)), 0)
    known = measures.evidence(measures.resample(60, replicates=20), labels=np.arange(60) % 3)
    found = measures.evaluate_fidelity(
        codes, known, name="u", settings={"k": 2}, reconstruction=(codes, codes)
    )
    return measures.evaluate_units(found, codes, known, scored=np.array([0, 3]))


def test_it_comes_back_with_all_replicates(evaluation, tmp_path):
    measures.save_evaluation(tmp_path / "e.npz", evaluation)
    back = measures.load_evaluation(tmp_path / "e.npz")
    assert (back.name, back.settings, back.n_units, back.n_scored) == ("u", {"k": 2}, 5, 2)
    np.testing.assert_array_equal(back.scored, [0, 3])
    for key, scores in evaluation.units.items():
        np.testing.assert_array_equal(back.units[key].null, scores.null)
        np.testing.assert_array_equal(back.units[key].low, scores.low)
        np.testing.assert_array_equal(back.units[key].high, scores.high)
        for mean in ("mean", "alive", "corrected"):
            np.testing.assert_array_equal(
                getattr(back.units[key], mean).replicates, getattr(scores, mean).replicates
            )
    np.testing.assert_array_equal(back.sets["fvu"].replicates, evaluation.sets["fvu"].replicates)


def test_writing_twice_gives_the_same_bytes(evaluation, tmp_path):
    for name in ("a", "b"):
        measures.save_evaluation(tmp_path / name, evaluation)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_is_no_evaluation_is_refused(evaluation, tmp_path):
    path = tmp_path / "e.npz"
    measures.save_evaluation(path, evaluation)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(FormatError, match=r"e\.npz is not an evaluation"):
        measures.load_evaluation(path)
    with pytest.raises(FormatError, match="is not an evaluation"):
        measures.load_evaluation(tmp_path / "nowhere.npz")
