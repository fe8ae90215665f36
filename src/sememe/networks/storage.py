"""Networks on disk: ``config.json`` and ``weights.safetensors`` in a folder, whole or absent."""

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors import torch as safetensors
from torch import Tensor, nn

from sememe import files
from sememe.errors import FormatError, NetworkError, choices
from sememe.networks.network import Network
from sememe.networks.registry import registry

CONFIG = "config.json"
WEIGHTS = "weights.safetensors"
FORMAT = "sememe network, version 1"


def save(net: nn.Module, folder: Path | str) -> None:
    """Write a network to a folder, in place of what is there.

    Of a network from the registry, name and arguments are kept as well, so that :func:`load` builds it again;
    of any other only the weights, for :func:`load_weights`.
    """
    content = safetensors.save(
        {
            name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
            for name, value in net.state_dict().items()
        }
    )
    known = isinstance(net, Network)
    config: dict[str, object] = {
        "format": FORMAT,
        "class": type(net).__name__,
        "network": net.name if known else None,
        "arguments": net.arguments if known else {},
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    with files.whole_folder(folder) as temporary:
        files.write_bytes(temporary / WEIGHTS, content)
        files.write_json(temporary / CONFIG, config)


def load(folder: Path | str) -> Network:
    """The network that was saved in a folder, in evaluation mode, on the CPU.

    Raises:
        FormatError: the folder holds no network, one that is not in the registry, or one that was changed.
    """
    folder = Path(folder)
    config = _config(folder)
    constructor = registry().get(str(config.get("network")))
    if constructor is None:
        raise FormatError(
            f"{folder} holds a {config.get('class')}, which is not in the registry "
            f"({', '.join(registry())}): build it yourself and call load_weights."
        )
    arguments = config.get("arguments")
    if not isinstance(arguments, dict):
        raise FormatError(f"{folder / CONFIG} gives no arguments to build the network with: save it again.")
    try:
        net = constructor(**arguments)
    except (TypeError, RuntimeError) as error:
        raise FormatError(
            f"{folder / CONFIG} gives arguments that build no {config['network']}: {error}; save it again."
        ) from error
    load_weights(net, folder)
    return net.eval()


def named(name: str) -> Network:
    """A network by its name in the registry, or by the folder that it was saved in.

    Raises:
        NetworkError: it is neither.
        FormatError: the folder is damaged.
    """
    if name in registry():
        return registry()[name]()
    if (Path(name) / CONFIG).exists():
        return load(name)
    raise NetworkError(
        f"There is no network {name!r}{choices(name, registry())}, or give the folder of a saved one."
    )


def load_weights(net: nn.Module, path: Path | str) -> None:
    """Fill a network with weights from a safetensors file, or from a folder that :func:`save` wrote.

    Raises:
        FormatError: no such file, not a whole safetensors file, one that was changed since, or weights of
            other names, shapes or types than the network's, which is then left as it was.
    """
    path = Path(path)
    digest = None
    if path.is_dir():
        digest = str(_config(path).get("sha256"))
        path = path / WEIGHTS
    weights = _read(path, digest)
    state = net.state_dict()
    for name in sorted(state.keys() | weights.keys()):
        if name not in weights:
            raise FormatError(f"{path} has no weights for {name!r} of {type(net).__name__}.")
        if name not in state:
            raise FormatError(f"{path} holds {name!r}, which {type(net).__name__} does not have.")
        found, expected = _describe(weights[name]), _describe(state[name])
        if found != expected:
            raise FormatError(
                f"{path} holds {name!r} as {found}, but {type(net).__name__} expects {expected}."
            )
    net.load_state_dict(weights)


def _config(folder: Path) -> dict[str, object]:
    config = files.read_json(folder / CONFIG)
    if not isinstance(config, dict) or config.get("format") != FORMAT:
        raise FormatError(f"{folder / CONFIG} does not describe a {FORMAT}: save the network again.")
    return config


def _describe(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _read(path: Path, digest: str | None) -> dict[str, Tensor]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise FormatError(f"There is no file {path}.") from None
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise FormatError(f"{path} is not what was saved (its checksum differs): save the network again.")
    try:
        return safetensors.load(content)
    except SafetensorError as error:
        raise FormatError(f"{path} is not a whole safetensors file ({error}): save it again.") from None
