"""A cell's result as a table: rows of plain values, in a Parquet file that is whole or absent."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sememe import files
from sememe.errors import FormatError
from sememe.progress import Progress
from sememe.runs.stage import Stage

Row = Mapping[str, str | int | float | bool | None]
"""Column -> value; all rows of a study have the same columns."""


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, whole or not at all."""
    stream = io.BytesIO()
    pq.write_table(table, stream, compression="zstd")
    files.write_bytes(path, stream.getvalue())


def read_table(path: Path) -> pa.Table:
    """A table that was written; what is not one is a :class:`~sememe.errors.FormatError`."""
    try:
        # Read as a file of its own: pyarrow would take the folders above it for a partitioned data set.
        return pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise FormatError(
            f"{path} is not a table of a study ({error}): remove it and run the study again."
        ) from None


def cell(
    path: Path, name: str, title: str, compute: Callable[[Progress], Sequence[Row]], seconds: float
) -> Stage:
    """A stage that computes rows and keeps them at ``path``."""

    def work(progress: Progress) -> str:
        rows = compute(progress)
        write_table(path, pa.Table.from_pylist([dict(row) for row in rows]))
        return f"{len(rows):,} numbers"

    return Stage(name=name, title=title, outputs=(path,), work=work, seconds=seconds)


def gathered(paths: Iterable[Path]) -> pa.Table:
    """The rows of several cells, one after the other."""
    return pa.concat_tables([read_table(path) for path in paths], promote_options="permissive")
