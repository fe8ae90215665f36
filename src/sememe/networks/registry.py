"""The networks that come with Sememe, by name. A new one is a new file and one line here."""

from collections.abc import Callable

from sememe.networks.digit_cnn import digit_cnn
from sememe.networks.digit_mlp import digit_mlp
from sememe.networks.independent_encoder import independent_encoder
from sememe.networks.network import Network

_REGISTRY: dict[str, Callable[..., Network]] = {
    "digit_mlp": digit_mlp,
    "digit_cnn": digit_cnn,
    "independent_encoder": independent_encoder,
}


def registry() -> dict[str, Callable[..., Network]]:
    """``{name: constructor}``; every constructor takes ``seed`` and further keywords with defaults."""
    return dict(_REGISTRY)
