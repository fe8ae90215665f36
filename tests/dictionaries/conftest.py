"""What the tests of this room share."""

import numpy as np
import pytest
import zarr
from jaxtyping import config

from sememe.activations import Planted, planted


@pytest.fixture
def plain_calls():
    """Without run-time shape checks: what a user meets who passes values of a wrong kind."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", before)


@pytest.fixture(scope="session")
def truth() -> Planted:
    """8,000 items of 32 planted components in 16 neurons, 3 active."""
    return planted(8000, 16, 32, active=3.0, seed=3)


@pytest.fixture(scope="session")
def wide_truth() -> Planted:
    """20,000 items of 128 planted components in 64 neurons, 4 active."""
    return planted(20_000, 64, 128, active=4.0, seed=0)


@pytest.fixture(scope="session")
def items() -> np.ndarray:
    """(600, 10): non-negative, correlated activations far from zero, as a layer after a ReLU gives."""
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(600, 4)) @ rng.normal(size=(4, 10)) + 0.3 * rng.normal(size=(600, 10))
    return (np.maximum(raw, 0) + np.arange(10)).astype(np.float32)


@pytest.fixture(scope="session")
def store(items, tmp_path_factory):
    """The items in a Zarr store of 10 chunks."""
    array = zarr.create_array(
        tmp_path_factory.mktemp("store") / "values", shape=items.shape, chunks=(64, 10), dtype="float32"
    )
    array[:] = items
    return array


def mean_max_cosine(found: np.ndarray, planted_components: np.ndarray) -> float:
    """Mean over planted components of the cosine with the atom that resembles each most."""
    atoms = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
    return float((planted_components @ atoms.T).max(axis=1).mean())
