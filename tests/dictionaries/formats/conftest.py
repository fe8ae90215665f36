"""What the tests of this folder share: weights as any library has them, and items to encode."""

from types import SimpleNamespace

import numpy as np
import pytest

D_IN, D_SAE, K = 5, 9, 3


@pytest.fixture
def weights() -> SimpleNamespace:
    """Random weights in float32, in SAELens' orientation; atoms are not of unit length."""
    rng = np.random.default_rng(0)
    shapes = {"W_enc": (D_IN, D_SAE), "W_dec": (D_SAE, D_IN), "b_dec": D_IN}
    shapes |= dict.fromkeys(("b_enc", "b_gate", "b_mag", "r_mag", "threshold"), D_SAE)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    arrays["threshold"] = np.abs(arrays["threshold"])
    return SimpleNamespace(**arrays)


@pytest.fixture
def x() -> np.ndarray:
    """(40, 5) items away from zero."""
    return (np.random.default_rng(1).normal(size=(40, D_IN)) + 0.5).astype(np.float32)
