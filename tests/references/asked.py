"""A run's endpoints, asked as the page asks them."""

import numpy as np

from sememe.explorer.endpoint import read_parameters
from sememe.explorer.live.run_data import RunData
from sememe.explorer.server.endpoints import ENDPOINTS

MLP, MAP, VECTOR = "digit_mlp.hidden1", "digit_cnn.conv2", "digit_cnn.fc1"
SAE = "TopKSAE-k4"
_BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def ask(run: RunData, name: str, **given):
    """What an endpoint answers to the parameters of an address."""
    endpoint = _BY_NAME[name]
    return endpoint.answer(run, read_parameters(endpoint.parameters, {k: str(v) for k, v in given.items()}))


def liveliest(run: RunData, layer: str, unit_set: str = SAE) -> int:
    """The unit that fires on most items."""
    return int(np.diff(run.layer(layer).codes(unit_set).indptr).argmax())
