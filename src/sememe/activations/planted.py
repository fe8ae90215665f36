"""Activations with ground truth: sparse codes of known components, which a dictionary should find.

The generating model of superposition experiments (Elhage et al. 2022, "Toy Models of Superposition"; Sharkey
et al. 2022, "Taking features out of superposition with sparse autoencoders"): an item is a sparse
non-negative code times unit-length components, plus noise. Components may outnumber neurons, follow a Zipf
law, fire in correlated groups and form a hierarchy, where a child fires only if its parent does.
"""

from collections.abc import Iterator
from typing import get_args

import numpy as np
from scipy.sparse import csr_array, vstack

from sememe.activations.planted_model import BLOCK_ITEMS, LARGEST_FREQUENCY, Frequencies, Model, Planted
from sememe.errors import ActivationsError


def planted(
    n_items: int,
    n_neurons: int,
    n_components: int,
    *,
    active: float = 4.0,
    frequencies: Frequencies = "uniform",
    correlation: float = 0.0,
    hierarchy: int = 0,
    noise: float = 0.0,
    seed: int = 0,
) -> Planted:
    """Draw planted activations.

    - **Components** are independent and uniform on the unit sphere.
    - **Frequencies.** ``uniform``: all components fire equally often. ``zipf``: component j fires in
      proportion to ``1 / (j + 1)``, but never on more than half of the items. Either way the probabilities
      add up to ``active``.
    - **Firing** is independent over items. Without ``correlation`` it is independent over components too.
      With it, every 8 consecutive components are a group that is on with probability q; only then do its
      members fire, independently, with probability ``frequency / q``; q is ``f / (f + correlation * (1 -
      f))`` for the mean frequency f of the group, but at least its largest frequency. Where frequencies are
      equal, the Pearson correlation of two members' firing is ``correlation``.
    - **Hierarchy.** The first ``n_components / (1 + hierarchy)`` components, rounded up, are parents, and
      each has the next ``hierarchy`` of the others as its children (the last parent may have fewer). A child
      fires with probability ``1 / hierarchy`` where its parent fires, and never elsewhere. The laws of
      frequency and correlation are then the parents'.
    - **Magnitudes** of what fires are uniform in 0.5..1.5, independent.
    - **Noise** is normal, independent for each item and neuron.

    Args:
        n_items: rows to draw; the first rows do not depend on how many follow.
        n_neurons: coordinates of an item.
        n_components: may exceed ``n_neurons``.
        active: components that fire on an item, on average.
        frequencies: ``uniform`` or ``zipf``.
        correlation: 0 (independent) up to, but not including, 1.
        hierarchy: children of a parent, at least 2; 0 for none.
        noise: standard deviation in each neuron; components have unit length and fire at 1 on average.
        seed: decides everything.

    Raises:
        ActivationsError: a parameter is out of its range.
    """
    blocks = list(
        planted_blocks(
            n_items,
            n_neurons,
            n_components,
            active=active,
            frequencies=frequencies,
            correlation=correlation,
            hierarchy=hierarchy,
            noise=noise,
            seed=seed,
        )
    )
    first = blocks[0]
    values = np.concatenate([block.values for block in blocks])
    codes = csr_array(vstack([block.codes for block in blocks], format="csr"))
    return Planted(values, first.components, codes, first.frequencies, first.parents)


def planted_blocks(
    n_items: int,
    n_neurons: int,
    n_components: int,
    *,
    active: float = 4.0,
    frequencies: Frequencies = "uniform",
    correlation: float = 0.0,
    hierarchy: int = 0,
    noise: float = 0.0,
    seed: int = 0,
) -> Iterator[Planted]:
    """The rows of :func:`planted` in blocks of 4,096 (the last one shorter), for more than memory holds."""
    _check(n_items, n_neurons, n_components, active, frequencies, correlation, hierarchy, noise, seed)
    model = Model.draw(n_neurons, n_components, active, frequencies, correlation, hierarchy, noise, seed)
    for block in range(-(-n_items // BLOCK_ITEMS)):
        yield model.block(block, min(BLOCK_ITEMS, n_items - block * BLOCK_ITEMS))


def _check(
    n_items: int,
    n_neurons: int,
    n_components: int,
    active: float,
    frequencies: str,
    correlation: float,
    hierarchy: int,
    noise: float,
    seed: int,
) -> None:
    for name, number in (("n_items", n_items), ("n_neurons", n_neurons), ("n_components", n_components)):
        if number < 1:
            raise ActivationsError(f"{name} is {number}; use 1 or more.")
    if frequencies not in get_args(Frequencies):
        raise ActivationsError(f"There is no law of frequencies {frequencies!r}: use uniform or zipf.")
    if not 0 <= correlation < 1:
        raise ActivationsError(f"The correlation is {correlation}; use 0 or more, below 1.")
    if hierarchy < 0 or hierarchy == 1:
        raise ActivationsError(f"The hierarchy is {hierarchy}; use 0, or 2 or more children of a parent.")
    if not noise >= 0:
        raise ActivationsError(f"The noise is {noise}; use 0 or more.")
    if seed < 0:
        raise ActivationsError(f"The seed is {seed}; use 0 or more.")
    n_parents = -(-n_components // (1 + hierarchy))
    n_children = n_components - n_parents
    most = LARGEST_FREQUENCY * (n_parents + (n_children / hierarchy if hierarchy else 0))
    if not 0 < active <= most:
        raise ActivationsError(
            f"{active} active components an item cannot be had from {n_components} that each fire on at most "
            f"half of the items: use more than 0 and at most {most:g}."
        )
