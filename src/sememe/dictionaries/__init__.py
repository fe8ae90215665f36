"""Dictionaries: one estimator interface from activations to codes and back."""

from sememe.dictionaries.archetypal_sae import ArchetypalSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.fast_ica import FastICA
from sememe.dictionaries.gated_sae import GatedSAE
from sememe.dictionaries.json_lines import JsonLines
from sememe.dictionaries.jump_relu_sae import JumpReLUSAE
from sememe.dictionaries.kmeans import KMeans
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.matching_pursuit_sae import MatchingPursuitSAE
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.dictionaries.neurons import Neurons
from sememe.dictionaries.nmf import NMF
from sememe.dictionaries.p_annealed_sae import PAnnealedSAE
from sememe.dictionaries.pca import PCA
from sememe.dictionaries.random_dictionary import RandomDictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.semi_nmf import SemiNMF
from sememe.dictionaries.sparse_coding import SparseCoding
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.stored_activations import StoredActivations
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.topk_sae import TopKSAE

__all__ = [
    "L1SAE",
    "NMF",
    "PCA",
    "ArchetypalSAE",
    "BatchTopKSAE",
    "Dictionary",
    "FastICA",
    "GatedSAE",
    "JsonLines",
    "JumpReLUSAE",
    "KMeans",
    "MatchingPursuitSAE",
    "MatryoshkaSAE",
    "Neurons",
    "PAnnealedSAE",
    "RandomDictionary",
    "SemiNMF",
    "SparseCoding",
    "StoredActivations",
    "TopKSAE",
    "fit_together",
    "load",
    "registry",
    "save",
]
