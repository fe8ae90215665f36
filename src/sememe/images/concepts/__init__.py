"""The concept bank: properties of images with ground truth, and edits that change one of them."""

from sememe.images.concepts.bank import concept_bank, morphometry, topology
from sememe.images.concepts.concepts import ConceptMaps, Concepts
from sememe.images.concepts.edits import (
    EDITS,
    Edited,
    fracture,
    open_loop,
    plain,
    rotate,
    shift,
    swell,
    thicken,
    thin,
)
from sememe.images.concepts.maps import concept_maps
from sememe.images.concepts.morphometry import Morphometry
from sememe.images.concepts.tables import concepts_from_masks, concepts_from_table

__all__ = [
    "EDITS",
    "ConceptMaps",
    "Concepts",
    "Edited",
    "Morphometry",
    "concept_bank",
    "concept_maps",
    "concepts_from_masks",
    "concepts_from_table",
    "fracture",
    "morphometry",
    "open_loop",
    "plain",
    "rotate",
    "shift",
    "swell",
    "thicken",
    "thin",
    "topology",
]
