"""The server's endpoints, asked without a server; and what of a run the page can compute by itself."""

from typing import Any

import numpy as np

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.server import endpoints

_SMALL = 32  # pixels of the longer side of images that the page draws by itself
_BY_NAME: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in endpoints.ENDPOINTS}


def ask(name: str, run: RunData, parameters: object) -> Any:
    """What the server would answer, before it is written as JSON."""
    return _BY_NAME[name].answer(run, parameters)


def ask_picture(name: str, run: RunData, parameters: object) -> np.ndarray:
    """The bytes of a picture."""
    return np.frombuffer(ask(name, run, parameters).content, np.uint8)


def is_small(run: RunData) -> bool:
    """Whether the run's images are small and grey: then the file holds their pixels, else pictures."""
    pixels = run.images.pixels
    return pixels.ndim == 3 and max(pixels.shape[1:]) <= _SMALL


def is_drawable(layer: LayerData) -> bool:
    """Whether the page's kernel runs the network, and from this layer on."""
    network = layer.run.network(layer.network)
    return network is not None and layer.layer in set(network.layer_names) - {"pool", "logits"}
