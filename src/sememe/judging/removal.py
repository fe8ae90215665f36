"""Measures of whole sets that act on the network or on edited images, with their replicates."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from sememe.judging.subject import Subject
from sememe.measures import Estimate, attached_units, counterfactual_response, targeted_removal
from sememe.measures.codes import squared, sums_by_key
from sememe.measures.totals import weighted

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
    if subject.evidence.labels is None or "labels" not in subject.development or subject.labels is None:
        return {}
    tail, labels = subject.tail, subject.labels[subject.spliced]
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
        key = f"targeted_removal[{k} units]"
        value = targeted_removal(tail.logits, after, labels)
        found[key] = Estimate(value, _removal_replicates(subject, tail.logits, after, labels))
    return found


def _removal_replicates(
    subject: Subject, before: np.ndarray, after: np.ndarray, labels: np.ndarray
) -> Float[np.ndarray, " replicates"]:
    """The formula of ``targeted_removal`` on images counted as often as they were drawn."""
    resampling, n_classes = subject.evidence.resampling, before.shape[1]
    lost = (before.argmax(axis=1) == labels) * 1.0 - (after.argmax(axis=2) == labels)
    cell = resampling.group[subject.spliced] * n_classes + labels
    size = resampling.n_groups * n_classes
    by_class = np.stack([np.bincount(cell, row, size) for row in lost]).reshape(n_classes, -1, n_classes)
    images = np.bincount(cell, minlength=size).reshape(-1, n_classes)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.einsum("rg,cgd->rcd", resampling.weights, by_class)
        share = share / (resampling.weights @ images)[:, None, :]
    own = np.diagonal(share, axis1=1, axis2=2)
    return np.asarray((own - (share.sum(axis=2) - own) / (n_classes - 1)).mean(axis=1))


def counterfactual_estimates(
    subject: Subject,
    edited: dict[str, sparse.csr_array],
    chosen: Int[np.ndarray, "2 units"] | None,
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
        concerned = [any(word in concept for word in words) for concept in subject.concept_names]
        claims = np.append(concerned, False)[chosen[0]]
        rows = np.flatnonzero(subject.changed[name][subject.edited_image])
        if not rows.size:
            continue
        plain, after = edited["plain"][rows], edited[name][rows]
        value = counterfactual_response(plain, after, claims)
        if np.isfinite(value):
            drawn = _response_replicates(subject, plain, after, claims, subject.edited_image[rows])
            found[f"counterfactual_response[{name}]"] = Estimate(value, drawn)
    return found


def _response_replicates(
    subject: Subject,
    plain: sparse.csr_array,
    after: sparse.csr_array,
    claims: Bool[np.ndarray, " units"],
    image: Int[np.ndarray, " items"],
) -> Float[np.ndarray, " replicates"]:
    """The formula of ``counterfactual_response`` on images counted as often as they were drawn."""
    resampling = subject.evidence.resampling
    group, n_groups = resampling.group[image], resampling.n_groups
    power = [
        weighted(sums_by_key(group, n_groups, squared(part)), resampling.weights)
        for part in (plain - after, plain, after)
    ]
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = np.sqrt(power[0] / ((power[1] + power[2]) / 2))
        known = ~np.isnan(moved)
        moved = np.nan_to_num(moved)
        claiming, rest = (
            (moved * those).sum(axis=1) / (known & those).sum(axis=1) for those in (claims, ~claims)
        )
        return np.asarray((claiming - rest) / (claiming + rest))
