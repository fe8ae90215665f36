"""Dictionaries: one estimator interface from activations to codes and back."""

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.json_lines import JsonLines
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.neurons import Neurons
from sememe.dictionaries.pca import PCA
from sememe.dictionaries.random_dictionary import RandomDictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.stored_activations import StoredActivations
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.topk_sae import TopKSAE

__all__ = [
    "L1SAE",
    "PCA",
    "Dictionary",
    "JsonLines",
    "Neurons",
    "RandomDictionary",
    "StoredActivations",
    "TopKSAE",
    "fit_together",
    "load",
    "registry",
    "save",
]
