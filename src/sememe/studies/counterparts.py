"""What the pairs of networks of a universality study add up to."""

import numpy as np
import pyarrow as pa
from jaxtyping import Float

from sememe.studies.intervals import Mean, over_seeds

SHARED = 0.7
"""A unit has a counterpart when the correlation is at least this."""


class Counterparts:
    """What the pairs say, looked up by layer, relation and unit set."""

    def __init__(self, table: pa.Table) -> None:
        columns = ("layer", "relation", "unit_set")
        names = [table[column].to_pylist() for column in columns]
        seeds = table["network_seed"].to_numpy()
        self._values = {column: table[column].to_numpy() for column in ("correlation", "chance")}
        rows: dict[tuple[str, ...], dict[int, list[int]]] = {}
        for row, (key, seed) in enumerate(zip(zip(*names, strict=True), seeds.tolist(), strict=True)):
            rows.setdefault(key, {}).setdefault(seed, []).append(row)
        self._rows = {
            key: {seed: np.array(numbers) for seed, numbers in found.items()} for key, found in rows.items()
        }

    def correlations(self, layer: str, relation: str, unit_set: str) -> Float[np.ndarray, " units"]:
        """Of all units of all networks."""
        found = self._rows.get((layer, relation, unit_set), {})
        return np.concatenate([np.empty(0), *[self._values["correlation"][rows] for rows in found.values()]])

    def _by_network(self, layer: str, relation: str, unit_set: str, column: str) -> dict[int, np.ndarray]:
        found = self._rows.get((layer, relation, unit_set), {})
        return {seed: self._values[column][rows] for seed, rows in found.items()}

    def mean(self, layer: str, relation: str, unit_set: str, column: str = "correlation") -> Mean:
        """Over networks, of the mean over their units and partners."""
        found = self._by_network(layer, relation, unit_set, column)
        return over_seeds([float(values.mean()) for values in found.values()])

    def share(self, layer: str, relation: str, unit_set: str) -> Mean:
        """Of the units with a counterpart."""
        found = self._by_network(layer, relation, unit_set, "correlation")
        return over_seeds([float((values >= SHARED).mean()) for values in found.values()], 0.0, 1.0)

    def difference(self, layer: str, relation: str, first: str, second: str) -> Mean:
        """Of two unit sets' means, network by network."""
        one, other = (self._by_network(layer, relation, name, "correlation") for name in (first, second))
        return over_seeds([float(one[seed].mean() - other[seed].mean()) for seed in one if seed in other])
