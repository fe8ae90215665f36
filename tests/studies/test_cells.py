"""Cells on disk."""

import pyarrow as pa
import pytest

from sememe.errors import FormatError
from sememe.progress import silent
from sememe.studies.cells import cell, gathered, read_table, write_table


def test_a_cell_keeps_what_it_computed(tmp_path):
    path = tmp_path / "cells" / "one.parquet"
    stage = cell(path, "one", "the first", lambda progress: [{"seed": 1, "value": 0.5}], seconds=1.0)
    assert not stage.done
    assert stage.work(silent) == "1 numbers"
    assert stage.done
    assert read_table(path).to_pylist() == [{"seed": 1, "value": 0.5}]


def test_cells_are_gathered_in_order_and_may_lack_a_value(tmp_path):
    paths = [tmp_path / f"{i}.parquet" for i in range(2)]
    write_table(paths[0], pa.Table.from_pylist([{"seed": 0, "value": None}]))
    write_table(paths[1], pa.Table.from_pylist([{"seed": 1, "value": 0.5}]))
    assert gathered(paths).to_pylist() == [{"seed": 0, "value": None}, {"seed": 1, "value": 0.5}]


def test_a_damaged_cell_is_named(tmp_path):
    path = tmp_path / "one.parquet"
    path.write_bytes(b"PAR1 and then nothing")
    with pytest.raises(FormatError, match=r"one\.parquet is not a table of a study"):
        read_table(path)
