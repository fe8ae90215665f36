"""Everything that a measure can ask for, in one place, so that claims are tested over the whole registry.

A new measure is added to :func:`call`; the tests fail until it is.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from sememe import measures

CLASSES = 3

# Which axis of each array runs over items, and which over units (None: neither).
AXES = {
    "codes": (0, 1),
    "edited": (0, 1),
    "predicted": (0, 1),
    "claims": (None, 0),
    "labels": (0, None),
    "embeddings": (0, None),
    "concepts": (0, None),
    "x": (0, None),
    "x_hat": (0, None),
    "logits": (0, None),
    "spliced": (0, None),
    "ablated": (0, None),
    "after": (1, 0),
    "removed": (1, None),
    "direct_effects": (None, 0),
    "effects": (None, 0),
    "components": (None, 0),
    "other_components": (None, None),
    "others": (0, None),
    "strengths": (0, None),
    "truth": (None, None),
}


@dataclass
class Measured:
    """Arrays as the measures take them; items first, but for what is ablated: units (or classes) first."""

    codes: np.ndarray
    edited: np.ndarray
    predicted: np.ndarray
    claims: np.ndarray
    labels: np.ndarray
    embeddings: np.ndarray
    concepts: np.ndarray
    x: np.ndarray
    x_hat: np.ndarray
    logits: np.ndarray
    spliced: np.ndarray
    ablated: np.ndarray
    after: np.ndarray
    removed: np.ndarray
    direct_effects: np.ndarray
    effects: np.ndarray
    components: np.ndarray
    other_components: np.ndarray
    others: np.ndarray
    strengths: np.ndarray
    truth: np.ndarray

    def items(self, rows):
        """The same with other items: reordered, or some of them twice."""
        return self._taken(rows, 0)

    def units(self, order):
        """The same with the units in another order."""
        return self._taken(order, 1)

    def scaled(self, factors):
        """The same with every unit's codes multiplied, and nothing else changed."""
        return replace(self, codes=self.codes * factors, edited=self.edited * factors)

    def _taken(self, index, which):
        changed = {}
        for field in fields(self):
            if (axis := AXES[field.name][which]) is not None:
                changed[field.name] = np.take(getattr(self, field.name), index, axis=axis)
        return replace(self, **changed)


def random_world(rng, n_items=40, n_units=5, n_neurons=6):
    """Arrays that mean nothing, with ties in none but the silent codes."""
    codes = (rng.random((n_items, n_units)) < 0.6) * rng.exponential(size=(n_items, n_units))
    logits = rng.normal(size=(n_items, CLASSES))
    labels = np.concatenate([np.arange(CLASSES), rng.integers(0, CLASSES, n_items - CLASSES)])
    return Measured(
        codes=codes,
        edited=codes + 0.3 * rng.normal(size=codes.shape),
        predicted=rng.normal(size=codes.shape),
        claims=np.arange(n_units) < 2,
        labels=labels,
        embeddings=rng.normal(size=(n_items, 4)),
        concepts=rng.random((n_items, 3)) < 0.4,
        x=rng.normal(size=(n_items, n_neurons)),
        x_hat=rng.normal(size=(n_items, n_neurons)),
        logits=logits,
        spliced=rng.normal(size=logits.shape),
        ablated=-4 * np.eye(CLASSES)[labels],
        after=rng.normal(size=(n_units, *logits.shape)),
        removed=rng.normal(size=(CLASSES, *logits.shape)),
        direct_effects=rng.normal(size=(n_units, CLASSES)),
        effects=rng.normal(size=(n_units, CLASSES)),
        components=rng.normal(size=(n_units, n_neurons)),
        other_components=rng.normal(size=(n_units, n_neurons)),
        others=rng.normal(size=(n_items, 4)),
        strengths=(rng.random((n_items, 4)) < 0.5) * rng.random((n_items, 4)),
        truth=rng.normal(size=(4, n_neurons)),
    )


def call(name, w):
    """A measure's score: one number, or one a unit."""
    by_class, by_concept = (w.codes, w.labels, CLASSES), (w.codes, w.concepts)
    detected = (w.codes, w.components, w.strengths > 0, w.truth)
    arguments = {
        "accuracy": (w.spliced, w.labels),
        "agreement": (w.logits, w.spliced),
        "cross_entropy": (w.spliced, w.labels),
        "dead_fraction": (w.codes,),
        "density": (w.codes,),
        "fvu": (w.x, w.x_hat),
        "explained_variance": (w.x, w.x_hat),
        "kl_divergence": (w.logits, w.spliced),
        "l0": (w.codes,),
        "loss_recovered": (w.logits, w.spliced, w.ablated, w.labels),
        "class_information": by_class,
        "class_selectivity": by_class,
        "concept_separability": by_class,
        "dominant_firing": by_class,
        "dominant_mass": by_class,
        "clarity": (w.codes, w.embeddings),
        "monosemanticity_score": (w.codes, w.embeddings),
        "polysemanticity": (w.codes, w.embeddings),
        "concept_coverage": by_concept,
        "concept_average_precision": by_concept,
        "concept_f1": by_concept,
        "concept_generality": (*by_concept, w.labels, CLASSES),
        "concept_iou": by_concept,
        "concept_share": by_concept,
        "interval_precision": by_concept,
        **dict.fromkeys(("simulation_score", "interval_simulation"), (w.codes, w.predicted)),
        "counterfactual_response": (w.codes, w.edited, w.claims),
        "direct_effect_agreement": (w.direct_effects, w.effects),
        "dose_response": (w.codes, w.logits, w.after),
        "effect_specificity": (w.logits, w.after, w.codes != 0),
        "flip_rate": (w.logits, w.after, w.codes != 0),
        "targeted_removal": (w.logits, w.removed, w.labels),
        "universality": (w.codes, w.others),
        "matched_cosine": (w.components, w.other_components),
        "share_matched": (w.components, w.other_components),
        "matched_correlation": (w.codes, w.strengths),
        "mean_max_cosine": (w.components, w.truth),
        "recovery_f1": detected,
        "recovery_precision": detected,
        "recovery_recall": detected,
        "shrinkage": (w.x, w.x_hat),
        "uniqueness": (w.components, w.truth),
    }
    return np.asarray(measures.registry()[name].function(*arguments[name]))
