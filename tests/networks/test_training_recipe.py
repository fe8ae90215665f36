"""Settings that make no training are refused."""

import pytest

from sememe.errors import NetworkError
from sememe.networks import TrainingRecipe


@pytest.mark.parametrize(
    "setting",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"focus": 1.5},
    ],
)
def test_a_setting_that_makes_no_training_is_named(setting):
    with pytest.raises(NetworkError, match=f"^{next(iter(setting))} is"):
        TrainingRecipe(**setting)
