"""Runs of other networks: images of their own, forward passes by torch or a sentence, controls elsewhere."""

import io
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from references.asked import SAE, ask, liveliest
from sememe import dictionaries, files, images, judging, networks
from sememe.activations import harvest, open_store, splice
from sememe.errors import FormatError, RunError
from sememe.explorer.live.answer import answer
from sememe.explorer.live.question import Question
from sememe.explorer.live.run_data import RunData
from sememe.explorer.live.sources import untrained_items
from sememe.explorer.server.run_endpoints import Nothing, WhichSheet, image_sheet, run_payload

BODY, HIDDEN = "shape_net.body", "shape_net.hidden"
MAP, VECTOR = "encoder.conv2", "encoder.embedding"


# --- images


def test_images_of_the_run_are_those_that_it_holds(colour):
    page = run_payload(colour, Nothing())
    assert (page.image_shape, page.n_images, page.ink) == ((3, 64, 64), 120, False)
    assert page.label_names[0] == "red square"
    assert page.images_title == "the 120 images of shapes"
    sheet = Image.open(io.BytesIO(image_sheet(colour, WhichSheet(0)).content))
    assert (sheet.mode, sheet.size) == ("RGB", (16 * 64, 16 * 64))
    first = np.asarray(sheet)[:64, :64]
    np.testing.assert_array_equal(first, np.moveaxis(colour.images.pixels[0], 0, -1))


def test_run_without_images_says_where_they_go(colour, tmp_path):
    files.write_json(tmp_path / "run.json", colour.record)
    with pytest.raises(FormatError, match=r"images/report.*sememe\.images\.save"):
        _ = RunData(tmp_path).images


def test_items_of_other_images_are_refused(colour, tmp_path):
    folder = shutil.copytree(colour.folder.root, tmp_path / "run")
    images.save(colour.images[:100], folder / "images" / "report")
    with pytest.raises(FormatError, match="harvested on other images than the run's 100"):
        _ = RunData(folder).layer(HIDDEN).items


def test_thumbnail_of_a_map_is_the_patch_that_its_positions_see(colour):
    unit = liveliest(colour, BODY)
    page = ask(colour, "unit", layer=BODY, set=SAE, unit=unit)
    assert page.reads.picture.shape == page.reads.field == (13, 13)


# --- a network that nobody but its author can build


def test_draw_is_not_offered_where_no_drawing_can_be_answered(colour, encoder):
    for run in (colour, encoder):
        assert not run_payload(run, Nothing()).drawable
    question = Question(0, HIDDEN, SAE, np.zeros((28, 28), np.uint8), True, (), True)
    with pytest.raises(RunError, match="cannot be drawn for"):
        answer(colour, question)


@pytest.mark.parametrize("layer", [BODY, HIDDEN])
def test_what_needs_a_forward_pass_is_left_out_with_a_sentence(colour, layer):
    where = {"layer": layer, "set": SAE}
    unit = liveliest(colour, layer)
    page = ask(colour, "unit-effects", **where, unit=unit)
    assert (page.effect, page.by_class, page.doses) == (None, None, None)
    assert "shape_net cannot be built again" in page.why_not
    assert ask(colour, "unit-heat", **where, unit=unit, images="0") is None
    image = ask(colour, "image", **where, image=3)
    assert image.logits is image.contribution is image.spliced is None
    assert image.why_not == page.why_not
    items = colour.layer(layer).items
    codes = colour.layer(layer).codes(SAE).toarray()[items.image == 3]
    assert image.firing == (codes != 0).any(axis=0).sum()
    np.testing.assert_allclose(image.activation, codes.sum(axis=0)[image.units], rtol=1e-5)


def test_neuron_that_never_fires_is_not_split(colour):
    dead = np.flatnonzero(np.diff(colour.layer(HIDDEN).codes("Neurons-k16").indptr) == 0)
    assert len(dead)
    assert "never fires" in ask(colour, "split", layer=HIDDEN, set=SAE, neuron=dead[0]).why_not


# --- a network that torch builds


@pytest.mark.parametrize("layer", [MAP, VECTOR])
def test_effects_by_torch_are_those_of_a_splice(encoder, layer):
    unit = liveliest(encoder, layer)
    page = ask(encoder, "unit-effects", layer=layer, set=SAE, unit=unit)
    opened = encoder.layer(layer)
    firing = np.unique(opened.items.image[np.flatnonzero(opened.codes(SAE).toarray()[:, unit])])
    some = np.sort(np.random.default_rng([0, unit]).permutation(firing)[: page.images])
    net = networks.load(encoder.folder.path("network", "encoder"))
    dictionary = opened.unit_set(SAE).dictionary

    def without(items: np.ndarray) -> np.ndarray:
        return items - dictionary.codes(items)[:, [unit]] * dictionary.components_[unit]

    shown = encoder.images[some]
    change = splice(net, shown, opened.layer, without, device="cpu") - networks.predict(net, shown)
    np.testing.assert_allclose(page.doses.change[0], change.mean(axis=0), atol=1e-4)
    assert np.abs(change).max() > 1e-3
    assert page.why_not == ""


def test_image_by_torch_is_answered_as_the_network_answers(encoder):
    page = ask(encoder, "image", layer=VECTOR, set="Neurons-k64", image=7)
    net = networks.load(encoder.folder.path("network", "encoder"))
    np.testing.assert_allclose(page.logits, networks.predict(net, encoder.images[7:8])[0], atol=1e-4)
    np.testing.assert_allclose(page.spliced, page.probabilities, atol=1e-5)  # neurons reconstruct exactly
    row = page.units[0]
    weights = net.logits.weight.detach().numpy()[:, row]
    np.testing.assert_allclose(page.contribution[0], page.activation[0] * weights, atol=1e-4)


def test_heat_by_torch_is_the_code_at_every_position(encoder):
    layer, unit = encoder.layer(MAP), liveliest(encoder, MAP)
    page = ask(encoder, "unit-heat", layer=MAP, set=SAE, unit=unit, images="5")
    code = layer.codes(SAE).toarray()[:, unit]
    for item in np.flatnonzero(layer.items.image == 5):
        assert page.heat[(0, *layer.items.position[item])] == pytest.approx(code[item], abs=1e-4)


# --- controls that read something else


@pytest.mark.parametrize(("run", "layer"), [("colour", BODY), ("colour", HIDDEN), ("encoder", MAP)])
def test_pixels_are_read_as_the_dictionaries_read_them(request, run, layer):
    run = request.getfixturevalue(run)
    store = open_store(run.folder.path("activations", layer, "report"))
    expected = judging.seen_pixels(run.images, store)
    np.testing.assert_allclose(run.layer(layer).unit_set("pixels-k4").items, expected, atol=1e-6)


@pytest.mark.parametrize("layer", [MAP, VECTOR])
def test_untrained_layer_is_read_at_the_places_of_the_items(encoder, layer):
    opened = encoder.layer(layer)
    folder = encoder.folder.path("network", "encoder")
    found = untrained_items(folder, encoder.images, opened.layer, opened.items.image, opened.items.position)
    whole = harvest(networks.independent_encoder(seed=3), encoder.images, opened.layer, device="cpu")
    if opened.items.position is None:
        expected = whole.values
    else:
        row, column = opened.items.position.T
        expected = whole.values.reshape(-1, *opened.items.grid, opened.n_neurons)[
            opened.items.image, row, column
        ]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_control_of_the_untrained_layer_shows_what_it_reads(encoder, monkeypatch):
    from sememe.explorer.live import sources

    monkeypatch.setattr(sources, "apart", lambda function, *arguments: function(*arguments))
    page = ask(encoder, "units", layer=VECTOR, set="untrained-k4")
    control = dictionaries.load(encoder.folder.path("dictionaries", VECTOR, "untrained-k4"))
    values = harvest(networks.independent_encoder(seed=3), encoder.images, "embedding", device="cpu").values
    codes = np.asarray(control.transform(values))
    np.testing.assert_allclose(page.density, (codes != 0).mean(axis=0), atol=0.02)  # ties of rounding


def test_control_of_another_source_shows_its_own_codes(encoder):
    page = ask(encoder, "units", layer=VECTOR, set="pixels-k4")
    control = dictionaries.load(encoder.folder.path("dictionaries", VECTOR, "pixels-k4"))
    codes = np.asarray(control.transform(encoder.images.floats().reshape(150, -1)))
    np.testing.assert_allclose(page.density, (codes != 0).mean(axis=0))
    image = ask(encoder, "image", layer=VECTOR, set="pixels-k4", image=2)
    np.testing.assert_allclose(image.activation, codes[2][image.units], atol=1e-4)
    assert "reads the pixels, not the layer" in image.why_not


def test_control_of_another_source_has_no_direction_and_no_effect_here(encoder):
    where = {"layer": VECTOR, "set": "pixels-k4"}
    unit = liveliest(encoder, VECTOR, "pixels-k4")
    by_set = {one.set: one.by for one in ask(encoder, "unit-relatives", **where, unit=unit).nearest}
    assert by_set["pixels-k4"]["cosine"]
    assert "cosine" not in by_set[SAE]
    assert all(one.cosine is None for one in by_set[SAE]["correlation"])
    assert "no place in the network" in ask(encoder, "unit-effects", **where, unit=unit).why_not
    split = ask(encoder, "split", **where, neuron=1)
    assert (split.carriers, split.error) == ((), 0)
    assert "No neuron is a sum of these units" in split.why_not
    question = Question(0, VECTOR, "pixels-k4", np.zeros((28, 28), np.uint8), True, (), True)
    with pytest.raises(RunError, match="reads the pixels"):
        answer(encoder, question)


def test_what_cannot_be_read_again_is_said_on_the_run_page(colour, encoder):
    said = [fact.value for fact in ask(colour, "health").facts if fact.name == "not shown"]
    assert said == [
        f"Random on untrained of {key} is not shown: the network shape_net cannot be built again, untrained."
        for key in (BODY, HIDDEN)
    ]
    layers = {layer.key: layer for layer in run_payload(encoder, Nothing()).layers}
    assert layers[VECTOR].left_out == ()
    assert [each.source for each in layers[VECTOR].unit_sets] == ["layer"] * 3 + ["pixels", "untrained"]


def test_pixels_that_take_too_much_memory_are_left_out(colour, monkeypatch):
    from sememe.explorer.live import sources

    monkeypatch.setattr(sources, "_MOST_BYTES", 2**20)
    layer = RunData(colour.folder.root).layer(HIDDEN)
    assert [each.key for each in layer.other_sets] == []
    assert "more than the explorer holds" in layer.left_out[0]


def test_a_forward_pass_moves_no_global_random_state(encoder):
    before = torch.get_rng_state()
    ask(encoder, "image", layer=VECTOR, set=SAE, image=1)
    assert torch.equal(before, torch.get_rng_state())
