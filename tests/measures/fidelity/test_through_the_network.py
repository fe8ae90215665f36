"""Accuracy, cross-entropy, KL divergence, agreement, loss recovered."""

import numpy as np
import pytest
from scipy.special import rel_entr, softmax
from sklearn.metrics import log_loss

from sememe import measures
from sememe.errors import MeasureError


@pytest.fixture
def logits():
    """Original, spliced and ablated logits (40, 5), and labels that the original mostly gets right."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, size=40)
    original = 3.0 * np.eye(5)[labels] + rng.normal(size=(40, 5))
    return original, original + rng.normal(size=(40, 5)), rng.normal(size=(40, 5)), labels


def test_equal_scipy_and_scikit_learn(logits):
    original, spliced, _, labels = logits
    p, q = softmax(original, axis=1), softmax(spliced, axis=1)
    assert measures.cross_entropy(spliced, labels) == pytest.approx(log_loss(labels, q))
    assert measures.kl_divergence(original, spliced) == pytest.approx(rel_entr(p, q).sum(axis=1).mean())
    assert measures.accuracy(spliced, labels) == (q.argmax(axis=1) == labels).mean()
    assert measures.agreement(original, spliced) == (p.argmax(axis=1) == q.argmax(axis=1)).mean()


def test_loss_recovered_is_the_quotient_of_cross_entropies(logits):
    original, spliced, ablated, labels = logits
    loss = [measures.cross_entropy(z, labels) for z in (original, spliced, ablated)]
    found = measures.loss_recovered(original, spliced, ablated, labels)
    assert found == pytest.approx((loss[2] - loss[1]) / (loss[2] - loss[0]))


def test_the_network_itself_recovers_all_and_the_ablated_one_nothing(logits):
    original, _, ablated, labels = logits
    assert measures.loss_recovered(original, original, ablated, labels) == 1.0
    assert measures.loss_recovered(original, ablated, ablated, labels) == 0.0
    assert measures.kl_divergence(original, original) == 0.0
    assert measures.agreement(original, original) == 1.0


def test_no_idea_costs_the_logarithm_of_the_classes():
    assert measures.cross_entropy(np.zeros((3, 10)), np.arange(3)) == pytest.approx(np.log(10))


def test_great_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0], [0.0, 1e4]], dtype=np.float32)
    assert measures.cross_entropy(logits, np.array([0, 0])) == pytest.approx(5e3)


def test_batches_and_replicates_are_sums_over_images(logits):
    original, spliced, ablated, labels = logits
    sums, group = measures.NetworkSums(n_groups=4), np.arange(40) % 4
    for rows in (slice(0, 11), slice(11, 40)):
        sums.update(original[rows], spliced[rows], labels[rows], ablated[rows], group[rows])
    drawn = np.repeat(np.arange(40), np.array([2, 0, 1, 1])[group])
    expected = {
        "accuracy": measures.accuracy(spliced[drawn], labels[drawn]),
        "cross_entropy": measures.cross_entropy(spliced[drawn], labels[drawn]),
        "kl_divergence": measures.kl_divergence(original[drawn], spliced[drawn]),
        "agreement": measures.agreement(original[drawn], spliced[drawn]),
        "loss_recovered": measures.loss_recovered(*(z[drawn] for z in logits)),
    }
    for name, value in expected.items():
        found = measures.registry()[name].from_totals(sums.totals(np.array([[2.0, 0, 1, 1]])))
        assert found[0] == pytest.approx(value), name


def test_an_ablation_that_costs_nothing_leaves_nothing_to_recover(logits):
    original, spliced, _, labels = logits
    with pytest.raises(MeasureError, match="does not raise the loss"):
        measures.loss_recovered(original, spliced, original, labels)


def test_what_does_not_fit_is_named(logits):
    original, spliced, _, labels = logits
    with pytest.raises(MeasureError, match="40 images but 39 labels"):
        measures.accuracy(spliced, labels[:-1])
    with pytest.raises(MeasureError, match="Labels run from 0 to 9"):
        measures.cross_entropy(spliced, np.arange(40) % 10)
    spliced[0, 0] = np.inf
    with pytest.raises(MeasureError, match="1 of the logits"):
        measures.kl_divergence(original, spliced)


@pytest.mark.usefixtures("plain_calls")
def test_logits_of_other_shapes_are_named(logits):
    original, spliced, _, labels = logits
    with pytest.raises(MeasureError, match=r"\(40, 5\) and the spliced ones \(40, 4\)"):
        measures.NetworkSums().update(original, spliced[:, :4], labels)
