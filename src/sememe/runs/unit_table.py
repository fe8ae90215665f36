"""Every unit's own scores, as a Parquet table: one row a unit.

Columns:

- ``unit_set``, ``unit``: which unit;
- ``density``: share of the items that fire it;
- a column a measure, ``clarity[encoder, centred]``;
- beside it ``clarity[encoder, centred]:low`` and ``:high``, the ends of the score's 95 % interval over
  resampled images (``measures/unit_intervals.py``), where images move the measure: not beside
  ``direct_effect_agreement``, which is computed once, nor where several seeds were pooled.

Null: a unit without a score (dead, or not among those drawn to be scored); as the end of an interval also a
unit that fires on too few images to tell one. The ends are optional: older tables without them are read too.
"""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

from sememe import files
from sememe.errors import FormatError
from sememe.measures import Evaluation


def unit_rows(point: str, evaluation: Evaluation) -> pa.Table:
    """The units of one unit set: ``unit_set``, ``unit``, ``density``, and a measure's score and interval."""
    columns = {
        "unit_set": pa.array([point] * evaluation.n_units).dictionary_encode(),
        "unit": pa.array(np.arange(evaluation.n_units, dtype=np.int32)),
        "density": pa.array(evaluation.density),
    }
    for key, scores in evaluation.units.items():
        columns[key] = _column(scores.values, evaluation)
        for name, end in (("low", scores.low), ("high", scores.high)):
            if end is not None and not np.isnan(end).all():
                columns[f"{key}:{name}"] = _column(end, evaluation)
    return pa.table(columns)


def _column(values: Float[np.ndarray, " scored"], evaluation: Evaluation) -> pa.Array:
    """Values of the units that were scored as a column of all units."""
    if evaluation.scored is not None:
        known, values = values, np.full(evaluation.n_units, np.nan)
        values[evaluation.scored] = known
    return pa.array(values, from_pandas=True)


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
