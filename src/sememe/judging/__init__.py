"""Judging a layer: from a network, images and fitted dictionaries to a table with every family of measures.

::

    known = judging.material(encoder, fit_images, development_images, report_images, seed=0)
    fc1 = judging.subject(net, "fc1", known)
    judged = judging.judge_layer(
        [fc1],
        [[
            judging.UnitSet("neurons", "neurons", {"k": 128}, neurons),
            judging.UnitSet("TopK SAE", "features", {"k": 8}, sae),
            judging.UnitSet("random directions", "control", {"k": 8}, random),
        ]],
    )
    judged.table.sentences["fc1"]

With several network seeds give a subject each, and each its unit sets; unit sets alike in family and settings
are dictionary seeds. What a run does for one seed, a study does for many, with the same lines.
"""

from sememe.judging.judge import Judged, Places, judge_layer, needed, pool, summed_up
from sememe.judging.material import Material, Split, material
from sememe.judging.material_file import load_material, save_material
from sememe.judging.scores import look, score
from sememe.judging.sources import SOURCES, Source, read_items, seen_pixels
from sememe.judging.subject import Limits, Subject, subject
from sememe.judging.tail import Tail
from sememe.judging.unit_set import Coded, UnitSet

__all__ = [
    "SOURCES",
    "Coded",
    "Judged",
    "Limits",
    "Material",
    "Places",
    "Source",
    "Split",
    "Subject",
    "Tail",
    "UnitSet",
    "judge_layer",
    "load_material",
    "look",
    "material",
    "needed",
    "pool",
    "read_items",
    "save_material",
    "score",
    "seen_pixels",
    "subject",
    "summed_up",
]
