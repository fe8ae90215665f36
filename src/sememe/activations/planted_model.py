"""How planted activations are drawn: the components, the law of their frequencies, what fires with what."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy.sparse import csr_array

Frequencies = Literal["uniform", "zipf"]

# Items that are drawn at once; each block has random numbers of its own, so that blocks can be made apart.
BLOCK_ITEMS = 4096
# Components that fire together, where they are correlated.
GROUP_SIZE = 8
# No component fires on a larger share of the items: one that nearly always fires would be an offset.
LARGEST_FREQUENCY = 0.5


@dataclass(frozen=True, eq=False)
class Planted:
    """Planted activations and what made them: ``values = codes @ components + noise``.

    Attributes: values: float32 ``(items, neurons)``. components: float32 ``(components, neurons)``, each of
        unit length. codes: float32 CSR ``(items, components)``, at least 0.5 where a component fires.
        frequencies: float64 ``(components,)``, the probability that each fires on an item. parents: int64
        ``(components,)``, the component without which each never fires; -1 where there is none.
    """

    values: Float32[np.ndarray, "items neurons"]
    components: Float32[np.ndarray, "components neurons"]
    codes: csr_array
    frequencies: Float64[np.ndarray, " components"]
    parents: Int64[np.ndarray, " components"]


@dataclass(frozen=True)
class Model:
    """Everything about planted activations but the items; see :func:`sememe.activations.planted`."""

    components: Float32[np.ndarray, "components neurons"]
    frequencies: Float64[np.ndarray, " components"]
    parents: Int64[np.ndarray, " components"]
    correlation: float
    hierarchy: int
    noise: float
    seed: int

    @classmethod
    def draw(
        cls,
        n_neurons: int,
        n_components: int,
        active: float,
        frequencies: Frequencies,
        correlation: float,
        hierarchy: int,
        noise: float,
        seed: int,
    ) -> "Model":
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0,)))
        components = rng.standard_normal((n_components, n_neurons))
        components /= np.linalg.norm(components, axis=1, keepdims=True)
        n_parents = -(-n_components // (1 + hierarchy))
        parents = np.full(n_components, -1)
        share = np.ones(n_components)
        if hierarchy:
            parents[n_parents:] = np.arange(n_components - n_parents) // hierarchy
            share[n_parents:] = 1 / hierarchy
        top = np.where(parents < 0, np.arange(n_components), parents)
        law = 1.0 / (top + 1) if frequencies == "zipf" else np.ones(n_components)
        chances = _scaled(law * share, LARGEST_FREQUENCY * share, active)
        return cls(components.astype(np.float32), chances, parents, correlation, hierarchy, noise, seed)

    def block(self, number: int, n_items: int) -> Planted:
        # Always a whole block is drawn, so that its rows do not depend on where the last one ends.
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(1, number)))
        item, component = self._children(rng, *self._parents(rng))
        order = np.lexsort((component, item))
        magnitudes = rng.uniform(0.5, 1.5, len(order)).astype(np.float32)
        shape = (BLOCK_ITEMS, len(self.frequencies))
        codes = csr_array((magnitudes, (item[order], component[order])), shape=shape)
        values = codes @ self.components
        if self.noise:
            values += np.float32(self.noise) * rng.standard_normal(values.shape, dtype=np.float32)
        return Planted(values[:n_items], self.components, codes[:n_items], self.frequencies, self.parents)

    def _parents(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Which components without a parent fire on which items."""
        chances = self.frequencies[self.parents < 0]
        if self.correlation == 0:
            return _firings(rng, chances)
        starts = np.arange(0, len(chances), GROUP_SIZE)
        sizes = np.minimum(GROUP_SIZE, len(chances) - starts)
        mean = np.add.reduceat(chances, starts) / sizes
        group_chances = mean / (mean + self.correlation * (1 - mean))
        group_chances = np.maximum(group_chances, np.maximum.reduceat(chances, starts))
        item, group = _firings(rng, group_chances)
        item, member = np.repeat(item, GROUP_SIZE), (starts[group][:, None] + np.arange(GROUP_SIZE)).ravel()
        within = np.append(chances / np.repeat(group_chances, sizes), np.zeros(GROUP_SIZE))
        fires = rng.random(len(item)) < within[member]
        return item[fires], member[fires]

    def _children(
        self, rng: np.random.Generator, item: np.ndarray, parent: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The firings of parents, and those of their children."""
        if not self.hierarchy:
            return item, parent
        n_parents = int((self.parents < 0).sum())
        child = (n_parents + parent[:, None] * self.hierarchy + np.arange(self.hierarchy)).ravel()
        fires = (rng.random(len(child)) < 1 / self.hierarchy) & (child < len(self.parents))
        with_children = np.repeat(item, self.hierarchy)[fires]
        return np.concatenate([item, with_children]), np.concatenate([parent, child[fires]])


def _firings(
    rng: np.random.Generator, chances: Float64[np.ndarray, " components"]
) -> tuple[Int64[np.ndarray, " firings"], Int64[np.ndarray, " firings"]]:
    """Items and components of independent firings with these probabilities, without visiting every pair.

    Drops a Poisson number of points on the pairs, at rate ``-log(1 - p)`` each: a pair is hit at least once
    with probability p, independently of all others.
    """
    rates = -np.log1p(-chances)
    edges = np.cumsum(rates)
    n_points = rng.poisson(BLOCK_ITEMS * edges[-1])
    component = np.searchsorted(edges, rng.random(n_points) * edges[-1], side="right")
    component = np.minimum(component, len(chances) - 1)  # a product that rounds up to the last edge
    pairs = np.unique(rng.integers(BLOCK_ITEMS, size=n_points) * len(chances) + component)
    item, component = np.divmod(pairs, len(chances))
    return item, component


def _scaled(
    law: Float64[np.ndarray, " components"], caps: Float64[np.ndarray, " components"], total: float
) -> Float64[np.ndarray, " components"]:
    """``min(c * law, caps)`` for the c at which it adds up to ``total``."""
    order = np.argsort(caps / law)  # components reach their caps in this order as c grows
    capped = np.concatenate([[0.0], np.cumsum(caps[order])[:-1]])
    free = np.cumsum(law[order][::-1])[::-1]
    candidates = (total - capped) / free
    reached = candidates * law[order] <= caps[order]
    factor = candidates[np.argmax(reached)] if reached.any() else np.inf
    return np.minimum(factor * law, caps)
