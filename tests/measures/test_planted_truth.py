"""Every measure that claims to see meaning ranks planted features above random directions; and none sees
meaning where labels, concepts or embeddings were shuffled.

Two make no such claim, and do not: concept separability asks whether classes differ in a unit, which they
also do in a random direction; and what a random direction does is as easily told from exemplars as what a
feature does.
"""

import numpy as np
import pytest

from sememe import measures

N, CLASSES, PARTS, NEURONS, K = 1200, 5, 20, 16, 4
SEEN_BY_LABELS = [
    "class_selectivity",
    "dominant_mass",
    "dominant_firing",
    "class_information",
    "concept_separability",
]
SEEN_BY_CONCEPTS = [
    "concept_average_precision",
    "concept_f1",
    "concept_iou",
    "interval_precision",
    "concept_share",
]
SEEN_BY_EMBEDDINGS = ["monosemanticity_score[e]", "clarity[e]", "polysemanticity[e]"]


def keep_largest(codes, k):
    codes = np.maximum(codes, 0)
    return np.where(codes >= np.partition(codes, -k, axis=1)[:, [-k]], codes, 0)


@pytest.fixture(scope="module")
def world():
    """Items of 5 classes; each has 4 parts of its own, of which an item shows about half."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, size=N)
    own = np.arange(PARTS) // (PARTS // CLASSES) == labels[:, None]
    strengths = (own & (rng.random((N, PARTS)) < 0.5)) * (0.5 + rng.random((N, PARTS)))
    x = strengths @ rng.normal(size=(PARTS, NEURONS))
    return {
        "labels": labels,
        "concepts": strengths > 0,
        "embeddings": strengths + 0.1 * rng.random((N, PARTS)),
        "planted": strengths,
        "neurons": np.maximum(x, 0),
        "random": keep_largest(x @ rng.normal(size=(NEURONS, PARTS)), K),
    }


@pytest.fixture(scope="module")
def scored(world):
    """Evaluations on the second half of the items; concepts chosen on the first."""
    first, second = slice(0, N // 2), slice(N // 2, N)
    rng = np.random.default_rng(1)

    def all_sets(shuffle):
        deal = rng.permutation(N // 2) if shuffle else np.arange(N // 2)
        known = measures.evidence(
            measures.resample(N // 4, replicates=150),
            image=np.arange(N // 2) // 2,
            labels=world["labels"][second][deal],
            embeddings={"e": world["embeddings"][second][deal]},
            concepts=world["concepts"][second][deal],
            centred=False,
        )
        found = {}
        for name in ("planted", "neurons", "random"):
            chosen = measures.choose_concepts(world[name][first], world["concepts"][first])
            found[name] = measures.evaluate(world[name][second], known, name=name, chosen=chosen).units
        return found

    return all_sets(shuffle=False), all_sets(shuffle=True)


@pytest.mark.parametrize(
    "key", [k for k in SEEN_BY_LABELS + SEEN_BY_CONCEPTS + SEEN_BY_EMBEDDINGS if k != "concept_separability"]
)
def test_planted_features_are_ranked_above_random_directions(scored, key):
    planted, random = scored[0]["planted"][key], scored[0]["random"][key]
    apart = measures.difference(planted.mean, random.mean, PARTS - 1)
    if planted.record.higher_is_better:
        assert apart.low > 0
    else:
        assert apart.high < 0
    assert planted.corrected.low > random.corrected.high


@pytest.mark.parametrize("key", SEEN_BY_CONCEPTS[:4])
def test_planted_features_are_their_concepts(scored, key):
    assert scored[0]["planted"][key].mean.value == pytest.approx(1.0)


@pytest.mark.parametrize("unit_set", ["planted", "neurons", "random"])
@pytest.mark.parametrize(
    "key", [*SEEN_BY_LABELS, *SEEN_BY_CONCEPTS, "concept_generality", *SEEN_BY_EMBEDDINGS]
)
def test_shuffled_evidence_brings_every_measure_to_its_null(scored, key, unit_set):
    scores = scored[1][unit_set][key]
    null = np.nanmean(scores.null)
    # The null is a mean over a few deals, and the shuffled score one more deal; both scatter by what the
    # interval says.
    reach = 1.5 * (scores.mean.high - scores.mean.low) / 2
    assert abs(scores.mean.value - null) < reach
    # Generality has no best, and so no share of the way to it.
    assert (
        np.isnan(scores.corrected.value) if key == "concept_generality" else abs(scores.corrected.value) < 0.1
    )


def test_every_measure_with_a_null_is_brought_to_it():
    kinds = {"class", "histogram", "pair", "top", "ranked", "concept"}
    with_a_null = {
        name
        for name, record in measures.registry().items()
        if record.totals in kinds and record.level == "unit" and record.higher_is_better is not None
    }
    tested = {key.partition("[")[0] for key in SEEN_BY_LABELS + SEEN_BY_CONCEPTS + SEEN_BY_EMBEDDINGS}
    assert with_a_null - tested == {"concept_generality"}


@pytest.mark.parametrize("unit_set", ["planted", "neurons", "random"])
@pytest.mark.parametrize("key", ["simulation_score", "interval_simulation"])
def test_exemplars_shown_with_the_wrong_items_foretell_nothing(world, key, unit_set):
    first, second = slice(0, N // 2), slice(N // 2, N)
    known = measures.evidence(measures.resample(N // 2, replicates=150))
    wrong = np.random.default_rng(2).permutation(N // 2)
    codes, embeddings = world[unit_set], world["embeddings"]
    found = {}
    for name, shown in (("right", embeddings[first]), ("wrong", embeddings[first][wrong])):
        predicted = measures.simulate(embeddings[second], codes[first], shown)
        sums = measures.simulation_sums(codes[second], predicted, known.group, known.resampling.n_groups)
        found[name] = measures.evaluate(codes[second], known, name=name, also={"simulation": sums}).units[key]
    assert found["wrong"].mean.low < 0 < found["wrong"].mean.high
    assert found["right"].mean.low > 0.2


def test_shuffled_labels_bring_targeted_removal_to_nothing(world):
    """Logits are sums of the planted parts; the units of a class are chosen on the first half of items."""
    codes, first, second = world["planted"], slice(0, N // 2), slice(N // 2, N)
    read_out = np.eye(CLASSES)[np.arange(PARTS) // (PARTS // CLASSES)]
    logits, resampling = codes[second] @ read_out, measures.resample(N // 2, replicates=150)
    found = {}
    for name, labels in (
        ("right", world["labels"]),
        ("wrong", np.random.default_rng(3).permutation(world["labels"])),
    ):
        attached = measures.attached_units(codes[first], labels[first], CLASSES, PARTS // CLASSES)
        after = np.stack([logits - codes[second][:, units] @ read_out[units] for units in attached])
        sums = measures.removal_sums(logits, after, labels[second], resampling.group, resampling.n_groups)
        found[name] = measures.estimate("targeted_removal", sums, resampling)
    assert found["wrong"].low < 0 < found["wrong"].high
    assert found["right"].low > 0.5
