"""Dictionaries: one estimator interface from activations to codes and back."""

from sememe.dictionaries.archetypal_sae import ArchetypalSAE
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.codebook import CodebookVQ
from sememe.dictionaries.crosscoder import Crosscoder
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.end_to_end import fit_end_to_end
from sememe.dictionaries.fast_ica import FastICA
from sememe.dictionaries.frozen_decoder_sae import FrozenDecoderSAE
from sememe.dictionaries.frozen_encoder_sae import FrozenEncoderSAE
from sememe.dictionaries.fsq import FSQ
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
from sememe.dictionaries.product_vq import ProductVQ
from sememe.dictionaries.random_dictionary import RandomDictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.residual_vq import ResidualVQ
from sememe.dictionaries.rotated_neurons import RotatedNeurons
from sememe.dictionaries.semi_nmf import SemiNMF
from sememe.dictionaries.skip_transcoder import SkipTranscoder
from sememe.dictionaries.sparse_coding import SparseCoding
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.stored_activations import StoredActivations
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.tensorboard_log import TensorBoard
from sememe.dictionaries.topk_codebook import TopKCodebook
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.dictionaries.transcoder import Transcoder

__all__ = [
    "FSQ",
    "L1SAE",
    "NMF",
    "PCA",
    "ArchetypalSAE",
    "BatchTopKSAE",
    "CodebookVQ",
    "Crosscoder",
    "Dictionary",
    "FastICA",
    "FrozenDecoderSAE",
    "FrozenEncoderSAE",
    "GatedSAE",
    "JsonLines",
    "JumpReLUSAE",
    "KMeans",
    "MatchingPursuitSAE",
    "MatryoshkaSAE",
    "Neurons",
    "PAnnealedSAE",
    "ProductVQ",
    "RandomDictionary",
    "ResidualVQ",
    "RotatedNeurons",
    "SemiNMF",
    "SkipTranscoder",
    "SparseCoding",
    "StoredActivations",
    "TensorBoard",
    "TopKCodebook",
    "TopKSAE",
    "Transcoder",
    "fit_end_to_end",
    "fit_together",
    "load",
    "registry",
    "save",
]
