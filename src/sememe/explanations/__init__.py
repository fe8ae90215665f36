"""What a unit responds to and what it causes."""

from sememe.explanations.class_profile import class_profile
from sememe.explanations.exemplars import Exemplars, Firings, Interval, exemplars
from sememe.explanations.weights import activation_weighted_images, activation_weighted_patches, weight_images

__all__ = [
    "Exemplars",
    "Firings",
    "Interval",
    "activation_weighted_images",
    "activation_weighted_patches",
    "class_profile",
    "exemplars",
    "weight_images",
]
