"""What the tour chooses to speak of, against the unit pages' own answers."""

import numpy as np

from references.asked import MLP, ask
from sememe.explorer.live.network import softmax


def test_tour_begins_with_the_network_of_the_series(finished):
    page = ask(finished, "tour")
    assert page.layer == MLP
    assert page.classes == (3, 7)


def test_no_other_neuron_fires_more_for_both_classes(finished):
    page = ask(finished, "tour")
    shares = np.nan_to_num(ask(finished, "units", layer=page.layer, set=page.neurons).shares)[:, [3, 7]]
    assert page.neuron_shares == tuple(shares[page.neuron])
    assert shares[page.neuron].min() == shares.min(axis=1).max()


def test_feature_of_the_tour_fires_for_its_class(finished):
    page = ask(finished, "tour")
    chosen = page.feature
    shares = ask(finished, "units", layer=page.layer, set=page.set).shares[chosen.unit]
    other = sum(page.classes) - chosen.of_class
    assert chosen.share == shares[chosen.of_class]
    assert chosen.other == shares[other] <= chosen.share


def test_units_of_one_class_are_counted_among_neurons_and_features(finished):
    page = ask(finished, "tour")
    for name, count in ((page.neurons, page.one_class.neurons), (page.set, page.one_class.features)):
        shares = np.nan_to_num(ask(finished, "units", layer=page.layer, set=name).shares)
        assert count == (shares.max(axis=1) >= 0.5).sum()
    assert 0 <= page.one_class.neurons <= 16


def test_drawing_of_the_tour_is_an_image_on_which_ablation_does_what_it_says(finished):
    page = ask(finished, "tour")
    chosen = page.feature
    assert finished.images.labels[chosen.image] == chosen.of_class
    np.testing.assert_array_equal(chosen.ink, finished.images.pixels[chosen.image])
    layer = finished.layer(page.layer)
    code = layer.codes(page.set)[:, [chosen.unit]].toarray().ravel()
    activation = code[layer.items.image == chosen.image]
    assert activation != 0
    network = finished.network("digit_mlp")
    pixels = chosen.ink[None].astype(np.float32) / 255
    given = network.forward(pixels)["hidden1"]
    less = given - activation * layer.unit_set(page.set).components[chosen.unit]
    before, after = (softmax(network.logits_from("hidden1", x.astype(np.float32)))[0] for x in (given, less))
    of = chosen.of_class
    np.testing.assert_allclose([chosen.before, chosen.after], [before[of], after[of]], atol=1e-5)
    assert chosen.answer == after.argmax()


def test_run_that_cannot_be_passed_through_has_a_tour_without_a_drawing(colour):
    page = ask(colour, "tour")
    assert page.classes == (0, 1)
    assert page.feature.ink is None
    assert page.feature.before is page.feature.raises is None
