"""Measures of whole sets that act on the network or on edited images, with their intervals."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from sememe.judging.subject import Subject
from sememe.measures import (
    Estimate,
    Resampling,
    attached_units,
    estimate,
    movement_sums,
    removal_sums,
    response_estimate,
)

# What an edit changes: parts of the names of the concepts whose units claim to see it.
_CHANGES = {
    "thin": ("thickness", "area"),
    "thicken": ("thickness", "area"),
    "swell": ("thickness", "area"),
    "fracture": ("endpoint",),
    "open_loop": ("loop",),
}


def removal_estimates(
    subject: Subject,
    spliced: sparse.csr_array,
    components: Float[np.ndarray, "components neurons"],
    development: sparse.csr_array,
) -> dict[str, Estimate]:
    """Targeted removal: take the units most attached to each class away from the layer's true output.

    Which units those are is chosen on the development split. None where labels lack, or a class does.
    """
    if subject.labels is None or "labels" not in subject.development:
        return {}
    tail, labels, resampling = subject.tail, subject.labels[subject.spliced], subject.evidence.resampling
    n_classes = tail.logits.shape[1]
    if subject.evidence.n_classes != n_classes or np.unique(labels).size < n_classes:
        return {}
    n_images, n_positions, n_neurons = tail.items.shape
    found = {}
    for k in subject.limits.removed:
        if k > components.shape[0]:
            continue
        after = np.empty((n_classes, n_images, n_classes), np.float32)
        for c, units in enumerate(attached_units(development, subject.development["labels"], n_classes, k)):
            part = np.asarray(spliced[:, units] @ components[units]).reshape(n_images, n_positions, n_neurons)
            after[c] = tail((tail.items - part).astype(np.float32), np.arange(n_images))
        group = resampling.group[subject.spliced]
        sums = removal_sums(tail.logits, after, labels, group, resampling.n_groups)
        found[f"targeted_removal[{k} units]"] = estimate("targeted_removal", sums, resampling)
    return found


def counterfactual_estimates(
    subject: Subject,
    edited: Mapping[str, sparse.csr_array],
    chosen: Int[np.ndarray, "2 units"] | None,
    resampling: Resampling,
) -> dict[str, Estimate]:
    """For each edit: how much more the units move that claim what it changes than all others do.

    A unit claims its best concept, chosen on the development split. Edits that no unit claims are left out.
    """
    if chosen is None or "plain" not in edited:
        return {}
    found = {}
    for name, words in _CHANGES.items():
        if name not in edited:
            continue
        rows = np.flatnonzero(subject.changed[name][subject.edited_image])
        if not rows.size:
            continue
        concerned = [any(word in concept for word in words) for concept in subject.concept_names]
        claims = np.append(concerned, False)[chosen[0]]
        group = resampling.group[subject.edited_image[rows]]
        sums = movement_sums(edited["plain"][rows], edited[name][rows], claims, group, resampling.n_groups)
        response = response_estimate(sums, resampling)
        if np.isfinite(response.value):
            found[f"counterfactual_response[{name}]"] = response
    return found
