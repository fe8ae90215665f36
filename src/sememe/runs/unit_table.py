"""Every unit's own scores, as a Parquet table: one row a unit."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sememe import files
from sememe.errors import FormatError
from sememe.measures import Evaluation


def unit_rows(point: str, evaluation: Evaluation) -> pa.Table:
    """The units of one unit set: ``unit_set``, ``unit``, ``density`` and a column a measure.

    The scores of a dead unit are null, and of a unit that was not among those drawn to be scored.
    """
    columns = {
        "unit_set": pa.array([point] * evaluation.n_units).dictionary_encode(),
        "unit": pa.array(np.arange(evaluation.n_units, dtype=np.int32)),
        "density": pa.array(evaluation.density),
    }
    for key, scores in evaluation.units.items():
        values = scores.values
        if evaluation.scored is not None:
            values = np.full(evaluation.n_units, np.nan)
            values[evaluation.scored] = scores.values
        columns[key] = pa.array(values, from_pandas=True)
    return pa.table(columns)


def write_units(path: Path, table: pa.Table) -> None:
    """Write the table, whole or not at all."""
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    files.write_bytes(path, stream.getvalue())


def read_units(path: Path) -> pa.Table:
    """The table that was written; what is not one is a :class:`~sememe.errors.FormatError`."""
    try:
        return pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise FormatError(f"{path} is not a table of units ({error}): measure the layer again.") from None
