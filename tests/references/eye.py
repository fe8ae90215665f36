"""Digits labelled by eye: loops, endpoints and junctions of test rows 5000 to 9999, drawn at random.

Each label was given to an enlargement of the plain image, before anything computed of it was seen. After the
first sample had been compared, strokes broken by faint gaps were joined; the second and the third (the only
one with junctions) were labelled after that, and nothing was changed since.
"""

import csv
from pathlib import Path

import numpy as np

PATH = Path(__file__).parents[2] / "docs" / "concepts" / "labelled_by_eye.csv"


def sample(name):
    """The columns of the ``first``, ``second`` or ``third`` sample; what was not labelled is absent."""
    with open(PATH, newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["sample"] == name]
    columns = ("row", "loops", "endpoints", "junctions")
    return {column: np.array([int(row[column]) for row in rows]) for column in columns if rows[0][column]}
