"""What an exported file holds answers what the server answers: field by field, but for rounding."""

import numpy as np
import pytest

from references.asked import MAP, MLP, SAE, ask
from references.kernel_page import KernelPage
from sememe.explorer.endpoint import plain
from sememe.explorer.export import set_blocks
from sememe.explorer.export.page import blocks_html


@pytest.fixture(scope="module")
def answers(chromium, written):
    """Questions to the file, as its pages ask them."""
    context = chromium.new_context()
    yield KernelPage(context.new_page(), blocks_html(written.contents))
    context.close()


def alike(found, expected, tolerance):
    """The same but for rounding; NaN and nothing are one, and packed arrays are unpacked."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key in expected:
            alike(found[key], expected[key], tolerance)
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for own, other in zip(found, expected, strict=True):
            alike(own, other, tolerance)
    elif isinstance(expected, np.ndarray):
        np.testing.assert_allclose(
            found, expected, rtol=tolerance, atol=tolerance * (np.nanmax(np.abs(expected), initial=0))
        )
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=tolerance) if np.isfinite(expected) else found is None
    else:
        assert found == expected


def opened(value):
    """A payload with its arrays as they are, everything else as JSON knows it."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dataclass_fields__"):
        return {name: opened(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): opened(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [opened(inner) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


@pytest.mark.parametrize("name", set_blocks.PER_UNIT)
@pytest.mark.parametrize(("layer", "unit_set"), [(MLP, SAE), (MLP, "Neurons-k16"), (MAP, SAE)])
def test_the_file_answers_of_a_unit_what_the_server_answers(answers, finished, name, layer, unit_set):
    for unit in (0, 7):
        where = {"layer": layer, "set": unit_set, "unit": unit}
        found, expected = answers.ask(name, **where), opened(ask(finished, name, **where))
        if name == "unit":
            picture, own = expected["reads"].pop("picture"), found["reads"].pop("picture")
            if picture is None:
                assert own is None
            else:
                np.testing.assert_allclose(own, picture, atol=np.abs(picture).max() / 250)
        if name == "unit-relatives":  # sets that are not in the file have no page to go to
            here = {None, SAE, "Neurons-k16", "Neurons-k32"}
            expected["matches"] = [match for match in expected["matches"] if match["set"] in here]
        alike(found, expected, 2**-12)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("measures", {}),
        ("pixel_weights", {"layer": MLP}),
        ("pixel_weights", {"layer": MAP}),
        ("units", {"layer": MLP, "set": SAE}),
        ("set-concepts", {"layer": MAP, "set": SAE}),
        ("compare", {"layer": MLP}),
        ("compare", {"layer": MAP}),
        ("split", {"layer": MLP, "set": SAE, "neuron": 5}),
        ("unit-heat", {"layer": MLP, "set": SAE, "unit": 0, "images": "3"}),
        ("unit-heat", {"layer": MAP, "set": SAE, "unit": 0, "images": "12,3,12"}),
    ],
)
def test_the_file_answers_what_the_server_answers(answers, finished, name, parameters):
    alike(answers.ask(name, **parameters), opened(ask(finished, name, **parameters)), 1e-3)


@pytest.mark.parametrize("layer", [MLP, MAP])
def test_a_range_holds_the_servers_firings(answers, finished, layer):
    where = {"layer": layer, "set": SAE, "unit": 1, "low": 0.05, "high": 50}
    for label in ({}, {"label": 3}):
        found, expected = (
            answers.ask("unit-range", **where, **label),
            ask(finished, "unit-range", **where, **label),
        )
        assert found["firings"] == expected.firings > 0
        assert len(found["tiles"]["image"]) == len(expected.tiles.image)
        if expected.firings <= 48:  # all of them: the same, however they are drawn
            np.testing.assert_array_equal(np.sort(found["tiles"]["image"]), np.sort(expected.tiles.image))
            np.testing.assert_allclose(found["tiles"]["activation"], expected.tiles.activation, atol=1e-4)


def test_the_run_in_the_file_names_only_what_is_there(answers, finished):
    run = answers.ask("run")
    assert [layer["key"] for layer in run["layers"]] == [MLP, MAP]
    assert [each["key"] for each in run["layers"][0]["unit_sets"]] == ["Neurons-k16", SAE]
    assert not run["has_report"]
    assert plain(ask(finished, "run"))["label_names"] == run["label_names"]


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "unit",
            {"layer": "digit_cnn.fc1", "set": SAE, "unit": 0},
            "This file has no layer digit_cnn.fc1",
        ),
        ("unit", {"layer": MLP, "set": "PCA-k4", "unit": 0}, "no unit set PCA-k4 in this file"),
        ("atlas", {"layer": MLP, "set": SAE}, "not in the exported file: open the run with"),
        ("test_image", {"label": 11}, "No image is of class 11"),
    ],
)
def test_what_is_not_in_the_file_is_said(answers, name, parameters, message):
    with pytest.raises(Exception, match=message):
        answers.ask(name, **parameters)
