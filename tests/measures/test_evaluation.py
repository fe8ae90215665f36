import numpy as np
import pytest
from scipy import sparse

from sememe import measures
from sememe.errors import MeasureError
from sememe.measures.unit_scores import CHUNK

DEAD, CONSTANT, ONCE = 3, 4, 5


@pytest.fixture
def known(labels, embeddings):
    return measures.evidence(
        measures.resample(60, groups=30, replicates=50),
        labels=labels,
        n_classes=4,
        embeddings={"cnn": embeddings},
    )


def test_values_are_those_of_the_plain_functions(layout, sparse_codes, known, labels, embeddings):
    found = measures.evaluate(layout(sparse_codes), known, name="units").units
    for name in ("class_selectivity", "dominant_mass", "class_information", "concept_separability"):
        np.testing.assert_allclose(found[name].values, getattr(measures, name)(sparse_codes, labels, 4))
    for name in ("monosemanticity_score", "clarity", "polysemanticity"):
        score = getattr(measures, name)
        np.testing.assert_allclose(found[f"{name}[cnn]"].values, score(sparse_codes, embeddings), atol=1e-9)
        np.testing.assert_allclose(
            found[f"{name}[cnn, centred]"].values, score(sparse_codes, embeddings, centred=True), atol=1e-9
        )


def test_every_measure_of_units_that_the_evidence_allows_is_there(sparse_codes, known):
    found = measures.evaluate(sparse_codes, known, name="units").units
    expected = {
        name
        for name, record in measures.registry().items()
        if record.level == "unit"
        and record.needs <= {"codes", "labels", "embeddings"}
        and record.totals != "firing"
    }
    assert {key.split("[")[0] for key in found} == expected


def test_dead_units_count_as_zero_in_the_main_figure_and_not_at_all_beside_it(sparse_codes, known):
    found = measures.evaluate(sparse_codes, known, name="units")
    scores = found.units["class_selectivity"]
    alive = np.delete(scores.values, DEAD)
    assert (found.n_units, found.n_dead) == (7, 1)
    assert np.isnan(scores.values[DEAD])
    assert scores.mean.value == pytest.approx(alive.sum() / 7)
    assert scores.alive.value == pytest.approx(alive.mean())
    assert not np.isnan(scores.mean.replicates).any()


def test_a_dead_unit_counts_as_the_worst_where_low_is_good(sparse_codes, known):
    scores = measures.evaluate(sparse_codes, known, name="units").units["polysemanticity[cnn]"]
    missing = np.isnan(scores.values)
    assert missing.tolist() == [False, False, False, True, False, True, False]
    assert scores.mean.value == pytest.approx((scores.values[~missing].sum() + 2 * 2.0) / 7)


def test_all_units_dead_is_a_row_of_nothing_and_not_a_crash(known):
    found = measures.evaluate(sparse.csr_array((60, 3)), known, name="dead")
    assert found.n_dead == 3
    assert found.units["class_selectivity"].mean.value == 0.0
    assert np.isnan(found.units["class_selectivity"].alive.value)
    assert found.units["polysemanticity[cnn]"].mean.value == 2.0
    assert found.sets["l0"].value == 0.0


def test_the_null_is_the_score_of_firings_dealt_at_random(known, labels):
    rng = np.random.default_rng(0)
    codes = (rng.random((60, 200)) < 0.3) * rng.exponential(size=(60, 200))
    found = measures.evaluate(codes, known, name="units").units
    for name in ("class_selectivity", "concept_separability", "clarity[cnn]", "monosemanticity_score[cnn]"):
        scores = found[name]
        spread = (scores.values - scores.null).std() / np.sqrt(200)
        assert abs(scores.values.mean() - scores.null.mean()) < 4 * spread, name
        assert scores.corrected.value == pytest.approx(0.0, abs=0.1), name


def test_a_perfect_unit_is_corrected_to_one(labels, known):
    codes = (labels[:, None] == np.arange(4)).astype(float)
    found = measures.evaluate(codes, known, name="classes").units
    assert found["class_selectivity"].corrected.value == pytest.approx(1.0)
    assert found["dominant_mass"].corrected.value == pytest.approx(1.0)


def test_signed_units_are_scored_on_both_signs(layout, signed_codes, known, labels, embeddings):
    found = measures.evaluate(layout(signed_codes), known, name="units").units
    np.testing.assert_allclose(
        found["class_selectivity"].values, measures.class_selectivity(signed_codes, labels, 4)
    )
    halves = [np.maximum(signed_codes, 0), np.maximum(-signed_codes, 0)]
    scores = np.array([measures.monosemanticity_score(half, embeddings) for half in halves])
    mass = np.where(np.isnan(scores), 0, [half.sum(axis=0) for half in halves])
    with np.errstate(invalid="ignore"):
        expected = (np.nan_to_num(scores) * mass).sum(axis=0) / mass.sum(axis=0)
    np.testing.assert_allclose(found["monosemanticity_score[cnn]"].values, expected)


def test_more_units_than_a_chunk_and_their_order_change_nothing(known):
    rng = np.random.default_rng(1)
    codes = (rng.random((60, CHUNK + 30)) < 0.3) * rng.exponential(size=(60, CHUNK + 30))
    order = rng.permutation(CHUNK + 30)
    plain = measures.evaluate(codes, known, name="units")
    other = measures.evaluate(sparse.csr_array(codes[:, order]), known, name="units")
    for key in plain.units:
        np.testing.assert_allclose(other.units[key].values, plain.units[key].values[order], atol=1e-9)
        np.testing.assert_allclose(other.units[key].null, plain.units[key].null[order], atol=1e-9)


def test_twice_the_same_is_the_same_to_the_last_bit(sparse_codes, known):
    first, second = (measures.evaluate(sparse_codes, known, name="units") for _ in range(2))
    for key in first.units:
        assert first.units[key].mean.replicates.tobytes() == second.units[key].mean.replicates.tobytes()


def test_fidelity_and_the_network_come_with_intervals(sparse_codes, known, labels):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 4))
    original = 3 * np.eye(4)[labels] + rng.normal(size=(60, 4))
    logits = measures.Logits(
        original,
        original + rng.normal(size=(60, 4)),
        labels,
        {"zero": np.zeros((60, 4)), "mean": 0 * original},
    )
    found = measures.evaluate(sparse_codes, known, name="u", reconstruction=(x, 0.9 * x), logits=logits).sets
    assert found["fvu"].value == pytest.approx(measures.fvu(x, 0.9 * x))
    assert found["fvu"].low < found["fvu"].value < found["fvu"].high
    assert found["loss_recovered[zero]"].value == found["loss_recovered[mean]"].value
    assert set(found) == {
        "l0", "dead_fraction", "fvu", "explained_variance", "accuracy", "cross_entropy", "kl_divergence",
        "agreement", "loss_recovered[zero]", "loss_recovered[mean]",
    }  # fmt: skip


def test_without_labels_or_embeddings_their_measures_are_left_out(sparse_codes, labels):
    drawn = measures.resample(60)
    assert measures.evaluate(sparse_codes, measures.evidence(drawn), name="u").units == {}
    found = measures.evaluate(sparse_codes, measures.evidence(drawn, labels=labels), name="u").units
    assert "class_selectivity" in found
    assert not any(key.startswith("clarity") for key in found)


def test_items_of_one_image_are_drawn_together():
    image = np.repeat(np.arange(30), 4)
    known = measures.evidence(measures.resample(30, groups=30), image=image)
    assert (known.group.reshape(30, 4) == known.group[::4, None]).all()
    assert (known.n_items, known.n_images) == (120, 30)


def test_what_does_not_fit_is_named(sparse_codes, known, labels, embeddings):
    drawn = measures.resample(60)
    with pytest.raises(MeasureError, match="'TopK' have 59 items, the evidence 60"):
        measures.evaluate(sparse_codes[:-1], known, name="TopK")
    with pytest.raises(MeasureError, match="images 0 to 60, but 60 images"):
        measures.evidence(drawn, image=np.arange(61))
    with pytest.raises(MeasureError, match="60 items but 59 embeddings of 'cnn'"):
        measures.evidence(drawn, embeddings={"cnn": embeddings[:-1]})
    with pytest.raises(MeasureError, match="at least 2 classes"):
        measures.evidence(drawn, labels=0 * labels)
    logits = measures.Logits(np.zeros((5, 4)), np.zeros((5, 4)), labels[:5])
    with pytest.raises(MeasureError, match="logits of 5 images, but 60 are resampled"):
        measures.evaluate(sparse_codes, known, name="u", logits=logits)
