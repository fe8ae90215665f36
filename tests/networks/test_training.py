"""Training: repeatable, leaves the rest of the world alone, says what is wrong."""

import numpy as np
import pytest
import torch
from torch import nn

from networks.bars import bars, small_classifier, weights
from sememe.errors import NetworkError
from sememe.images import ImageSet
from sememe.networks import TrainingRecipe, digit_cnn, digit_mlp, evaluate, train

SMALL = {"n_classes": 4, "size": 8}


@pytest.mark.parametrize("constructor", [digit_cnn, digit_mlp])
def test_equal_seeds_give_equal_networks_bit_for_bit(constructor):
    images = bars(300)
    nets = [constructor(seed=seed) for seed in (5, 5, 5)]
    records = [train(net, images, seed=seed, epochs=2) for net, seed in zip(nets, (7, 7, 8), strict=True)]
    assert torch.equal(weights(nets[0]), weights(nets[1]))
    assert records[0].losses == records[1].losses
    assert not torch.equal(weights(nets[0]), weights(nets[2]))


def test_dropout_is_seeded_too():
    nets = [small_classifier(dropout=0.5) for _ in range(3)]
    for net, seed in zip(nets, (1, 1, 2), strict=True):
        train(net, bars(40, **SMALL), seed=seed, epochs=1, batch_size=40)
    assert torch.equal(weights(nets[0]), weights(nets[1]))
    assert not torch.equal(weights(nets[0]), weights(nets[2]))


def test_no_global_random_state_moves():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    net = digit_cnn(seed=1)
    train(net, bars(50), epochs=1)
    train(small_classifier(dropout=0.5), bars(40, **SMALL), epochs=1)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_any_module_is_trained_with_the_default_recipe():
    net = small_classifier()
    record = train(net, bars(2000, **SMALL))
    assert record.recipe == TrainingRecipe()
    assert evaluate(net, bars(100, seed=1, **SMALL)).accuracy == 1.0
    assert not net.training


def test_what_is_given_comes_before_the_networks_recipe():
    record = train(digit_mlp(), bars(50), epochs=1, batch_size=10, learning_rate=0.5)
    assert (record.recipe.epochs, record.recipe.batch_size, record.recipe.learning_rate) == (1, 10, 0.5)
    assert record.recipe.weight_decay == digit_mlp().recipe.weight_decay


def test_the_record_tells_loss_and_accuracy_of_each_epoch():
    net, held_out = small_classifier(), bars(80, seed=1, **SMALL)
    record = train(net, bars(400, **SMALL), epochs=3, validation=held_out)
    assert len(record.losses) == len(record.accuracies) == 3
    assert record.losses[2] < record.losses[0]
    assert record.final == evaluate(net, held_out)
    assert record.accuracies[2] == record.final.accuracy
    assert record.seconds > 0


def test_the_first_loss_is_the_mean_over_all_images():
    net, images = small_classifier(), bars(40, **SMALL)
    expected = evaluate(net, images).cross_entropy
    record = train(net, images, epochs=1, batch_size=40)
    assert record.losses[0] == pytest.approx(expected, rel=1e-5)
    assert (record.accuracies, record.final) == ((), None)


def test_progress_goes_up_to_one_and_names_the_epoch():
    told = []
    train(
        small_classifier(),
        bars(40, **SMALL),
        epochs=2,
        batch_size=1,
        progress=lambda *word: told.append(word),
    )
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert told[-1][1].startswith("epoch 2 of 2, loss ")


def test_images_are_shifted_by_whole_pixels_and_filled_with_zeros():
    class Witness(nn.Module):
        recipe = TrainingRecipe(epochs=30, batch_size=1, shift=1)

        def __init__(self):
            super().__init__()
            self.bias = nn.Parameter(torch.zeros(2))
            self.seen = []

        def forward(self, x):
            if self.training:
                self.seen.append(x)
            return self.bias.expand(len(x), 2)

    pixels = np.zeros((1, 5, 5), dtype=np.uint8)
    pixels[0, 0, 2] = 255
    net = Witness()
    train(net, ImageSet(pixels, np.array([1]), name="dot"))
    places = {tuple(map(tuple, x[0, 0].nonzero().tolist())) for x in net.seen}
    inside = {((row, col),) for row in (0, 1) for col in (1, 2, 3)}
    assert places == inside | {()}


def test_images_without_labels_are_refused():
    unlabelled = ImageSet(np.zeros((3, 28, 28), dtype=np.uint8), name="scans")
    with pytest.raises(NetworkError, match="scans has no labels"):
        train(digit_mlp(), unlabelled)


def test_images_that_the_network_cannot_take_are_refused_before_training():
    net = digit_mlp()
    before = weights(net)
    with pytest.raises(NetworkError, match=r"digit_mlp takes images of shape \(1, 28, 28\).*\(1, 8, 8\)"):
        train(net, bars(10, **SMALL))
    with pytest.raises(NetworkError, match=r"Sequential cannot take images of shape \(1, 28, 28\)"):
        train(small_classifier(), bars(10))
    assert torch.equal(weights(net), before)


def test_more_classes_than_logits_are_refused():
    with pytest.raises(NetworkError, match="Sequential has 4 logits, but bars has 8 classes"):
        train(small_classifier(n_classes=4), bars(10, n_classes=8, size=8))


def test_a_network_that_gives_no_logits_is_refused():
    with pytest.raises(NetworkError, match="a classifier gives"):
        train(nn.Conv2d(1, 2, 3), bars(10, **SMALL))
    with pytest.raises(NetworkError, match="Sequential returns a tuple"):
        train(nn.Sequential(nn.Flatten(), nn.LSTM(64, 4)), bars(10, **SMALL))


def test_a_loss_that_is_not_finite_names_the_epoch_and_what_to_try():
    with pytest.raises(NetworkError, match=r"epoch 1 of 3.*learning rate below 1e\+30"):
        train(small_classifier(), bars(40, **SMALL), epochs=3, batch_size=4, learning_rate=1e30)


def test_a_failed_training_gives_the_global_random_state_back():
    before = torch.get_rng_state()
    with pytest.raises(NetworkError):
        train(small_classifier(dropout=0.5), bars(40, **SMALL), batch_size=4, learning_rate=1e30)
    assert torch.equal(torch.get_rng_state(), before)
