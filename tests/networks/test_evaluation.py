"""Predictions and scores, by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from networks.bars import bars, small_classifier
from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks import evaluate, predict


class Fixed(nn.Module):
    """Two logits: the first pixel of the image, and one half."""

    def forward(self, images):
        return torch.stack([images[:, 0, 0, 0], torch.full((len(images),), 0.5)], dim=1)


def two_images(labels):
    return ImageSet(np.array([[[255]], [[0]]], dtype=np.uint8), labels, name="pair")


def test_accuracy_and_cross_entropy_of_a_hand_case():
    scores = evaluate(Fixed(), two_images(np.array([0, 0])))
    expected = (np.log(1 + np.exp(-0.5)) + np.log(1 + np.exp(0.5))) / 2
    assert (scores.accuracy, scores.n) == (0.5, 2)
    assert scores.cross_entropy == pytest.approx(expected)


def test_predictions_do_not_depend_on_the_batch_size():
    net, images = small_classifier(), bars(23, n_classes=4, size=8)
    logits = predict(net, images)
    assert (logits.shape, logits.dtype) == ((23, 4), np.float32)
    np.testing.assert_allclose(predict(net, images, batch_size=5), logits, rtol=1e-5, atol=1e-6)


def test_a_network_is_run_in_evaluation_mode_and_left_in_its_own():
    net, images = small_classifier(dropout=0.9).train(), bars(8, n_classes=4, size=8)
    net[1].eval()
    np.testing.assert_array_equal(predict(net, images), predict(net, images))
    assert net.training
    assert not net[1].training


def test_images_without_labels_cannot_be_scored():
    with pytest.raises(NetworkError, match="pair has no labels"):
        evaluate(Fixed(), two_images(None))


def test_a_class_without_a_logit_is_refused():
    with pytest.raises(NetworkError, match="Fixed has 2 logits, but pair has 5 classes"):
        evaluate(Fixed(), two_images(np.array([0, 4])))
