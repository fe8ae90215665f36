"""Images: sets of them, from the shipped MNIST, from files and folders, and what can be done to them."""

from sememe.images.drawing import as_mnist
from sememe.images.folder import folder
from sememe.images.idx import idx
from sememe.images.image_set import ImageSet
from sememe.images.mnist import mnist
from sememe.images.npz import npz
from sememe.images.transforms import crop, moments, normalise, pad, resize, to_colour, to_grey

__all__ = [
    "ImageSet",
    "as_mnist",
    "crop",
    "folder",
    "idx",
    "mnist",
    "moments",
    "normalise",
    "npz",
    "pad",
    "resize",
    "to_colour",
    "to_grey",
]
