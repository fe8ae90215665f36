"""Activations: harvested from layers, in memory or on disk, and planted ones with ground truth."""

from sememe.activations.activations import Activations
from sememe.activations.harvest import harvest, harvest_layers
from sememe.activations.moments import Moments, RunningMoments
from sememe.activations.planted import Planted, planted, planted_blocks
from sememe.activations.positions import Sampling
from sememe.activations.receptive_field import ReceptiveField
from sememe.activations.splice import splice
from sememe.activations.store import open_store, save

__all__ = [
    "Activations",
    "Moments",
    "Planted",
    "ReceptiveField",
    "RunningMoments",
    "Sampling",
    "harvest",
    "harvest_layers",
    "open_store",
    "planted",
    "planted_blocks",
    "save",
    "splice",
]
