"""Where a dictionary is trained and used."""

import torch

from sememe.errors import DictionaryError


def torch_device(name: str) -> torch.device:
    """The device of that name; "auto" is a GPU if there is one.

    Raises:
        DictionaryError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DictionaryError(f"device must be 'auto', 'cpu' or 'cuda', but {name!r} arrived.") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise DictionaryError(f"There is no device {name!r} here: use device='cpu' or 'auto'.")
    return device
