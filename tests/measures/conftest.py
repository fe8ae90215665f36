"""What the tests of this room share."""

import numpy as np
import pytest
from jaxtyping import config
from scipy import sparse


@pytest.fixture
def plain_calls():
    """Without run-time shape checks: what a user meets who passes arrays that do not fit together."""
    before = config.jaxtyping_disable
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", before)


@pytest.fixture
def sparse_codes():
    """(60, 7): sparse codes >= 0; unit 3 dead, unit 4 constant, unit 5 firing once."""
    rng = np.random.default_rng(0)
    codes = (rng.random((60, 7)) < 0.3) * rng.exponential(size=(60, 7))
    codes[:, 3], codes[:, 4], codes[:, 5] = 0.0, 2.5, 0.0
    codes[7, 5] = 1.0
    return codes


@pytest.fixture
def signed_codes(sparse_codes):
    rng = np.random.default_rng(1)
    return sparse_codes * rng.choice([-1.0, 1.0], size=sparse_codes.shape)


@pytest.fixture
def labels():
    return np.random.default_rng(2).integers(0, 4, size=60)


@pytest.fixture
def embeddings():
    return np.random.default_rng(3).normal(size=(60, 5)) + 0.5


@pytest.fixture(
    params=[np.asarray, sparse.csr_array, sparse.csr_matrix], ids=["dense", "csr_array", "csr_matrix"]
)
def layout(request):
    """Each layout that codes may come in."""
    return request.param
