"""What does not fit, is missing or is not finite is named; what is left is scored, without a warning."""

import numpy as np
import pytest
from jaxtyping import config
from scipy import sparse

from sememe import measures
from sememe.errors import MeasureError

RNG = np.random.default_rng(0)
ITEMS, UNITS, CLASSES = 60, 5, 4
CODES = (RNG.random((ITEMS, UNITS)) < 0.4) * RNG.exponential(size=(ITEMS, UNITS))
LABELS = RNG.integers(0, CLASSES, ITEMS)
EMBEDDINGS = RNG.normal(size=(ITEMS, 6))
CONCEPTS = RNG.random((ITEMS, 8)) < 0.3
LOGITS = RNG.normal(size=(ITEMS, CLASSES))
DRAWN = measures.resample(ITEMS, replicates=20)
EVERYTHING = {"labels": LABELS, "embeddings": {"cnn": EMBEDDINGS}, "concepts": CONCEPTS}


@pytest.fixture(autouse=True)
def as_a_user(monkeypatch):
    """Outside the tests nobody checks annotations before the sentence comes."""
    monkeypatch.setattr(config, "jaxtyping_disable", True)


def spoilt(values, wrong, place=(3, 1)):
    values = values.copy()
    values[place] = wrong
    return values


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": np.full(ITEMS, 2)}, "All items are of the class 2, and selectivity compares classes"),
        ({"labels": np.full(ITEMS, 2), "n_classes": 9}, "All items are of the class 2"),
        ({"labels": np.where(LABELS == 1, np.nan, LABELS)}, "Labels must be whole numbers.* float64"),
        ({"labels": LABELS.astype(str)}, "Labels must be whole numbers"),
        ({"labels": LABELS[:, None]}, r"of shape \(60, 1\)"),
        ({"labels": LABELS[:0]}, "60 items but 0 labels"),
        ({"labels": LABELS - 1}, "Labels run from -1 to 2"),
        ({"embeddings": {"cnn": EMBEDDINGS[:, 0]}}, r"embeddings of 'cnn' have the shape \(60,\)"),
        ({"embeddings": {"cnn": spoilt(EMBEDDINGS, np.nan)}}, "1 of 60 embeddings hold NaN"),
        ({"concepts": CONCEPTS.astype(int)}, "Concepts must be True or False; these are of the type int64"),
        ({"concepts": CONCEPTS[:-1]}, "60 items but concepts of 59"),
        ({"image": np.arange(ITEMS) % 3}, "The items are of 3 images.* needs at least 20"),
    ],
)
def test_evidence_that_does_not_fit_is_named(given, message):
    with pytest.raises(MeasureError, match=message):
        measures.evidence(DRAWN, **given)


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (spoilt(CODES, np.nan), "1 of the codes are NaN or infinite"),
        (sparse.csr_array(spoilt(CODES, np.inf)), "1 of the codes are NaN or infinite"),
        (spoilt(CODES, 1e300), r"The codes go up to 1e\+300"),
        (CODES.astype(object), "Codes must be real numbers, but these are of the type object"),
        (CODES * 1j, "of the type complex128"),
        ([[1.0, 2.0], [3.0]], "Codes must be a table of numbers"),
        (CODES[0], "at least one row"),
        (CODES[:, :0], "at least one row"),
        (CODES[:-1], "have 59 items, the evidence 60"),
    ],
)
def test_codes_that_cannot_be_measured_are_named(codes, message):
    with pytest.raises(MeasureError, match=message):
        measures.evaluate(codes, measures.evidence(DRAWN, **EVERYTHING), name="u")


@pytest.mark.parametrize("layout", [sparse.coo_array, sparse.csc_array, np.float16, list])
def test_codes_in_another_layout_score_the_same(layout):
    known = measures.evidence(DRAWN, **EVERYTHING)
    codes = np.round(CODES, 2).astype(np.float16).astype(np.float64)
    other = codes.astype(layout) if layout is np.float16 else layout(codes)
    found, expected = (measures.evaluate(each, known, name="u").units for each in (other, codes))
    for key, scores in expected.items():
        np.testing.assert_allclose(found[key].values, scores.values, atol=1e-6)


def test_concepts_that_do_not_vary_explain_nothing():
    for concepts in (CONCEPTS & False, CONCEPTS | True):
        known = measures.evidence(DRAWN, concepts=concepts)
        found = measures.evaluate(CODES, known, name="u").units["concept_share"]
        assert np.isnan(found.values).all()
        assert found.mean.value == 0.0


def test_a_replicate_of_one_class_has_no_separability():
    """Of 60 items 2 are of the second class, on one image: every third replicate lacks it."""
    labels = np.zeros(ITEMS, int)
    labels[:2] = 1
    image = np.maximum(np.arange(ITEMS) - 1, 0)
    drawn = measures.resample(ITEMS - 1, groups=ITEMS - 1, replicates=50)
    found = measures.evaluate(CODES, measures.evidence(drawn, image=image, labels=labels), name="u")
    scores = found.units["concept_separability"]
    assert np.isfinite(scores.mean.replicates).all()
    assert np.isnan(scores.low).all()
    assert (measures.concept_separability(CODES, labels, 3) <= 1).all()


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (measures.Logits(LOGITS, LOGITS, LABELS[:-1]), "logits of 60 images but 59 labels"),
        (
            measures.Logits(LOGITS, LOGITS, LABELS, image=np.arange(ITEMS) + 5),
            "of the images 5 to 64, but 60",
        ),
        (measures.Logits(LOGITS, spoilt(LOGITS, np.nan), LABELS), "1 of the logits are NaN"),
        (
            measures.Logits(LOGITS, LOGITS, LABELS, {"zero": spoilt(LOGITS, np.inf)}),
            "1 of the logits are NaN",
        ),
    ],
)
def test_logits_that_do_not_fit_are_named(logits, message):
    with pytest.raises(MeasureError, match=message):
        measures.evaluate(CODES, measures.evidence(DRAWN), name="u", logits=logits)


def test_units_and_choices_that_there_are_not_are_named():
    known = measures.evidence(DRAWN, **EVERYTHING)
    first = measures.evaluate_fidelity(CODES, known, name="u")
    for scored, message in (([0, 9], "units to score are 0 to 9: name some of 0 to 4"), ([], "are none")):
        with pytest.raises(MeasureError, match=message):
            measures.evaluate_units(first, CODES, known, scored=np.array(scored, int))
    with pytest.raises(MeasureError, match="name one of 8 concepts"):
        measures.evaluate_units(first, CODES, known, chosen=np.full((2, UNITS), 99))
    given = measures.Given(values={"direct_effect_agreement": spoilt(np.zeros(UNITS), np.inf, 2)})
    with pytest.raises(MeasureError, match="1 of the values of 'direct_effect_agreement' are infinite"):
        measures.evaluate_units(first, CODES, known, given=given)
    given = measures.Given(values={"direct_efect": np.zeros(UNITS)})
    with pytest.raises(MeasureError, match=r"called 'direct_efect': did you mean direct_effect_agreement\?"):
        measures.evaluate_units(first, CODES, known, given=given)


def test_a_set_of_dead_units_stands_in_a_table_beside_others():
    known = measures.evidence(DRAWN, **EVERYTHING)
    x = RNG.normal(size=(ITEMS, 3))
    dead = measures.evaluate(np.zeros((ITEMS, UNITS)), known, name="dead", reconstruction=(x, 0 * x))
    alive = measures.evaluate(CODES, known, name="alive", reconstruction=(x, 0.9 * x))
    table = measures.compare("fc1", [dead, alive], controls=["dead"])
    for row in table.select(at="own", unit_set="dead"):
        assert np.isfinite(row.value), row.measure
    assert {row.measure for row in table.rows} == {
        row.measure for row in table.select(unit_set="alive", at="own")
    }
