"""The table of units: scores, the ends of their intervals, and nothing where there is none."""

import numpy as np
import pyarrow as pa
import pytest

from sememe import measures
from sememe.errors import FormatError
from sememe.runs.unit_table import read_units, unit_rows, write_units

KEY = "dominant_mass"


@pytest.fixture(scope="module")
def codes():
    rng = np.random.default_rng(0)
    codes = (rng.random((60, 5)) < 0.5) * rng.exponential(size=(60, 5))
    codes[:, 1] = 0
    return codes


@pytest.fixture(scope="module")
def known():
    return measures.evidence(measures.resample(60, replicates=40), labels=np.arange(60) % 3)


def test_each_score_has_the_ends_of_its_interval_beside_it(codes, known):
    found = measures.evaluate(codes, known, name="u")
    table = unit_rows("u-k5", found)
    assert table.column_names[:6] == ["unit_set", "unit", "density", *_three(table.column_names[3])]
    scores = found.units[KEY]
    for column, values in zip(_three(KEY), (scores.values, scores.low, scores.high), strict=True):
        np.testing.assert_array_equal(table[column].to_numpy(zero_copy_only=False), values)
        assert table[column][1].as_py() is None, "a dead unit"
    assert table["unit_set"].to_pylist() == ["u-k5"] * 5


def _three(key):
    return [key, f"{key}:low", f"{key}:high"]


def test_units_that_were_not_drawn_have_neither_score_nor_interval(codes, known):
    first = measures.evaluate_fidelity(codes, known, name="u")
    found = measures.evaluate_units(first, codes, known, scored=np.array([0, 3]))
    table = unit_rows("u", found)
    for column in _three(KEY):
        assert [value is None for value in table[column].to_pylist()] == [False, True, True, False, True]


def test_what_images_do_not_move_has_no_column_for_an_interval(codes, known):
    first = measures.evaluate_fidelity(codes, known, name="u")
    given = measures.Given(values={"direct_effect_agreement": np.full(5, 0.5)})
    names = unit_rows("u", measures.evaluate_units(first, codes, known, given=given)).column_names
    assert "direct_effect_agreement" in names
    assert "direct_effect_agreement:low" not in names


def test_sets_with_and_without_intervals_stand_in_one_table(codes, known, tmp_path):
    bare = measures.evaluate_fidelity(codes, known, name="bare")
    rows = [unit_rows("bare", bare), unit_rows("u", measures.evaluate(codes, known, name="u"))]
    write_units(tmp_path / "units.parquet", pa.concat_tables(rows, promote_options="default"))
    back = read_units(tmp_path / "units.parquet")
    assert back.num_rows == 10
    assert back[f"{KEY}:low"].null_count == 5 + 1


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "units.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=r"units\.parquet is not a table of units"):
        read_units(tmp_path / "units.parquet")
