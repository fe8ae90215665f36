"""What a unit responds to and what it causes."""

from sememe.explanations.activation_histogram import ActivationHistogram, activation_histogram
from sememe.explanations.atom_map import AtomMap, atom_map, trustworthiness
from sememe.explanations.class_profile import class_profile
from sememe.explanations.concept_profile import ConceptProfile, concept_profile
from sememe.explanations.effects import (
    ClassEffects,
    DoseCurve,
    LogitEffect,
    ablation_by_class,
    dose_curve,
    logit_effect,
    scaled,
)
from sememe.explanations.exemplars import Exemplars, Firings, Interval, exemplars
from sememe.explanations.interval import Means, means
from sememe.explanations.near_misses import near_misses
from sememe.explanations.relations import Relations, greatest, relations
from sememe.explanations.splitting import Split, split_neuron
from sememe.explanations.weights import (
    activation_weighted_images,
    activation_weighted_patches,
    weight_images,
)

__all__ = [
    "ActivationHistogram",
    "AtomMap",
    "ClassEffects",
    "ConceptProfile",
    "DoseCurve",
    "Exemplars",
    "Firings",
    "Interval",
    "LogitEffect",
    "Means",
    "Relations",
    "Split",
    "ablation_by_class",
    "activation_histogram",
    "activation_weighted_images",
    "activation_weighted_patches",
    "atom_map",
    "class_profile",
    "concept_profile",
    "dose_curve",
    "exemplars",
    "greatest",
    "logit_effect",
    "means",
    "near_misses",
    "relations",
    "scaled",
    "split_neuron",
    "trustworthiness",
    "weight_images",
]
