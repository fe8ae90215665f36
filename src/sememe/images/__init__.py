"""Images: sets of them, from the shipped MNIST, from files and folders, and what can be done to them."""

import importlib
from types import ModuleType

from sememe.images.drawing import as_mnist
from sememe.images.folder import folder
from sememe.images.idx import idx
from sememe.images.image_set import ImageSet
from sememe.images.mnist import mnist
from sememe.images.npz import npz
from sememe.images.storage import load, save
from sememe.images.transforms import crop, moments, normalise, pad, resize, to_colour, to_grey

__all__ = [
    "ImageSet",
    "as_mnist",
    "crop",
    "folder",
    "idx",
    "load",
    "mnist",
    "moments",
    "normalise",
    "npz",
    "pad",
    "resize",
    "save",
    "to_colour",
    "to_grey",
]


def __getattr__(name: str) -> ModuleType:
    # The concept bank needs scikit-image, which takes longer to import than all of the rest.
    if name == "concepts":
        return importlib.import_module("sememe.images.concepts")
    raise AttributeError(f"module 'sememe.images' has no attribute {name!r}")
