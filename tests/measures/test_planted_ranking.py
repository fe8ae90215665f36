"""A planted dictionary is ranked first and random noise last by every measure that claims to see it.

The world is linear: items are strengths of 12 parts times planted directions, each part belongs to one class,
and the logits are sums of the parts of each class. Three unit sets are scored: the planted parts themselves;
blurred ones, each mixed with a part of another class, wrong on every fourth item, their atoms partly noise;
and noise, the planted codes dealt to other items, with atoms drawn at random.
"""

import numpy as np
import pytest

from references.measured import CLASSES, Measured, call
from sememe import measures

RECORDS = measures.registry()
PARTS, NEURONS, N = 12, 24, 600
OWNER = np.arange(PARTS) % CLASSES

CLAIM_NOTHING = {
    "l0": "how many units fire, not which",
    "density": "how often a unit fires, not when",
    "dead_fraction": "noise is not dead",
    "flip_rate": "a large unit flips more than a small one, whatever it means",
    "shrinkage": "a bias, of which neither end is better",
    "direct_effect_agreement": "in a linear network every direction acts as its weights say",
    "dose_response": "in a linear network every direction acts in proportion",
    "concept_separability": "classes differ in a random direction too",
    "concept_generality": "a part that belongs to one class is found in one",
}


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, N)
    strengths = ((labels[:, None] == OWNER) & (rng.random((N, PARTS)) < 0.6)) * (0.5 + rng.random((N, PARTS)))
    truth = unit_length(rng.normal(size=(PARTS, NEURONS)))
    return {"rng": rng, "labels": labels, "strengths": strengths, "truth": truth}


@pytest.fixture(scope="module")
def scores(world):
    """The score of each set on each measure; dead units, and those without a score, count as in the table."""
    found = {}
    for name, unit_set in unit_sets(world).items():
        found[name] = {}
        for measure, record in RECORDS.items():
            values = np.atleast_1d(call(measure, unit_set))
            found[name][measure] = np.where(np.isnan(values), record.dead_value, values).mean()
    return found


def unit_length(atoms):
    return atoms / np.linalg.norm(atoms, axis=-1, keepdims=True)


def unit_sets(world):
    rng, strengths, truth = np.random.default_rng(1), world["strengths"], world["truth"]
    directions = unit_length(rng.normal(size=(4, PARTS, NEURONS)))
    deal, other_deal = rng.permutation(N), rng.permutation(N)
    wrong = rng.random(N)[:, None] < 0.25
    # The edit takes the first part away.
    edited = strengths * (np.arange(PARTS) != 0)

    def blurred(codes):
        return np.where(wrong, codes[deal], codes + 0.3 * np.roll(codes, 1, axis=1))

    # From nearly right to nearly lost.
    # The first part is not found, and the second one twice.
    amount, found = np.linspace(0.2, 1.2, PARTS)[:, None], np.maximum(np.arange(PARTS), 1)
    half_noise = [unit_length(truth[found] + amount * noise) for noise in directions[:2]]
    return {
        "planted": measured(world, strengths, edited, truth, truth + 0.1 * directions[0], strengths),
        "blurred": measured(world, blurred(strengths), blurred(edited), *half_noise, strengths),
        "noise": measured(world, strengths[deal], edited[other_deal], *directions[2:], strengths[other_deal]),
    }


def measured(world, codes, edited, components, other_components, others):
    """What is measured of a set whose codes are cut out of the items, one unit at a time."""
    labels, strengths, truth = world["labels"], world["strengths"], world["truth"]
    x = strengths @ truth
    read_out = np.linalg.pinv(truth) @ np.eye(CLASSES)[OWNER]
    x_hat = codes @ components
    logits, half = x @ read_out, N // 2
    after = logits - codes.T[:, :, None] * (components @ read_out)[:, None, :]
    attached = measures.attached_units(codes, labels, CLASSES, PARTS // CLASSES)
    removed = np.stack([logits - codes[:, units] @ components[units] @ read_out for units in attached])
    # Exemplars are the first half of the items, what they predict the second half, shown as embeddings.
    embeddings = strengths + 0.05
    predicted = measures.simulate(embeddings, codes[:half], embeddings[:half])
    effects = (after - logits).mean(axis=1)
    best = measures.choose_concepts(codes, strengths > 0)[0]
    return Measured(
        codes=codes,
        edited=edited,
        predicted=predicted,
        claims=best == 0 if (best == 0).any() else np.arange(PARTS) == 0,
        labels=labels,
        embeddings=embeddings,
        concepts=strengths > 0,
        x=x,
        x_hat=x_hat,
        logits=logits,
        spliced=x_hat @ read_out,
        ablated=np.zeros_like(logits),
        after=after,
        removed=removed,
        direct_effects=effects,
        effects=effects,
        components=components,
        other_components=other_components,
        others=others,
        strengths=strengths,
        truth=truth,
    )


@pytest.mark.parametrize("name", [name for name in RECORDS if name not in CLAIM_NOTHING])
def test_the_planted_set_is_first_and_noise_is_last(scores, name):
    sign = 1 if RECORDS[name].higher_is_better else -1
    planted, blurred, noise = (sign * scores[units][name] for units in ("planted", "blurred", "noise"))
    assert planted > blurred > noise


def test_what_claims_nothing_is_in_the_registry():
    assert set(CLAIM_NOTHING) <= set(RECORDS)
