"""Images: sets of them, from the shipped MNIST, from files and folders, and what can be done to them."""

from sememe.images.idx import idx
from sememe.images.image_set import ImageSet
from sememe.images.mnist import mnist

__all__ = ["ImageSet", "idx", "mnist"]
