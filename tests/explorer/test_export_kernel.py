"""The exported page's kernel, in a browser, gives what torch gives: layers, codes, reconstruction, edits."""

import base64
import dataclasses

import numpy as np
import pytest
import torch

from references.kernel_page import KernelPage
from sememe import dictionaries, images, networks
from sememe.activations import splice
from sememe.explorer.export.kernels import dictionary_kernel, known_families, read_kernel
from sememe.explorer.live.answer import answer
from sememe.explorer.live.encoders import ENCODERS
from sememe.explorer.live.question import Edit, Question
from sememe.images import as_mnist

N = 1_000
SIZED = {"n_components": 24, "random_state": 0}
TRAINED = {**SIZED, "max_steps": 15, "batch_size": 64}
KINDS = [
    dictionaries.Neurons(),
    dictionaries.Neurons(k=3),
    dictionaries.PCA(k=3),
    dictionaries.FastICA(k=4, random_state=0),
    dictionaries.RotatedNeurons(k=4, random_state=0),
    dictionaries.KMeans(**SIZED),
    dictionaries.CodebookVQ(**SIZED),
    dictionaries.NMF(n_components=6, random_state=0),
    dictionaries.TopKSAE(k=4, **TRAINED),
    dictionaries.TopKSAE(k=24, **TRAINED),
    dictionaries.FrozenDecoderSAE(k=4, **TRAINED),
    dictionaries.ArchetypalSAE(k=4, **TRAINED),
    dictionaries.MatryoshkaSAE(k=4, **TRAINED),
    dictionaries.L1SAE(**TRAINED),
    dictionaries.PAnnealedSAE(**TRAINED),
    dictionaries.BatchTopKSAE(k=4, **TRAINED),
    dictionaries.JumpReLUSAE(**TRAINED),
    dictionaries.GatedSAE(**TRAINED),
    dictionaries.RandomDictionary(k=5, **SIZED),
    dictionaries.RandomDictionary(k=5, codes="least_squares", **SIZED),
    dictionaries.RandomDictionary(k=5, codes="projection", **SIZED),
    dictionaries.StoredActivations(k=5, **SIZED),
]
LAYERS = ["digit_mlp.hidden1", "digit_cnn.conv2", "digit_cnn.fc1"]


@pytest.fixture(scope="module")
def kernel(chromium):
    context = chromium.new_context()
    yield KernelPage(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def digits():
    return images.mnist("test")[:N]


def test_every_family_that_runs_without_torch_runs_in_the_page():
    assert known_families() == set(ENCODERS)
    assert {type(kind).__name__ for kind in KINDS} == known_families()


@pytest.mark.parametrize("name", ["digit_mlp", "digit_cnn"])
def test_every_layer_equals_torch_on_a_thousand_images(kernel, folder, data, digits, name):
    net = networks.load(folder / "network" / name)
    kernel.give("images", {"pixels": [digits.pixels]})
    kernel.give(name, {"weights": [dict(data.network(name).weights)]})
    kernel.call("network", name)
    seen: dict[str, torch.Tensor] = {}
    names = [layer for layer, _ in data.network(name).layers if layer != "pool"]
    hooks = [
        net.get_submodule(layer).register_forward_hook(
            lambda _, __, out, layer=layer: seen.update({layer: out})
        )
        for layer in names
    ]
    with torch.inference_mode():
        net.eval()(torch.from_numpy(digits.floats()))
    for hook in hooks:
        hook.remove()
    for layer in names:
        found = kernel.call("forward", name, "images", layer)
        expected = seen[layer] if seen[layer].ndim == 2 else seen[layer].permute(0, 2, 3, 1)
        np.testing.assert_allclose(found, expected.numpy().ravel(), atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def items():
    rng = np.random.default_rng(0)
    return np.maximum(rng.normal(size=(N, 6)) @ rng.normal(size=(6, 12)), 0).astype(np.float32)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[:40])
def test_codes_and_reconstruction_equal_torch_on_a_thousand_items(kernel, items, tmp_path, kind):
    dictionary = kind.fit(items)
    dictionaries.save(dictionary, tmp_path / "saved")
    kernel.give("dictionary", {"dictionary": [read_kernel(tmp_path / "saved")]})
    kernel.call("dictionary", "dictionary")
    kernel.give("items", {"values": [items]})
    codes = kernel.call("codes", "dictionary", "items").reshape(N, -1)
    expected = dictionary.transform(items)
    expected = expected if isinstance(expected, np.ndarray) else expected.toarray()
    np.testing.assert_allclose(codes, expected, atol=1e-4, rtol=0)
    kernel.give("codes", {"values": [np.ascontiguousarray(expected, np.float32)]})
    back = kernel.call("decoded", "dictionary", "codes").reshape(N, -1)
    np.testing.assert_allclose(back, dictionary.inverse_transform(expected), atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def alike():
    """Items of twenty families with little between them, of few different numbers, many of them equal."""
    rng = np.random.default_rng(0)
    families = rng.normal(size=(20, 64)) @ rng.normal(size=(64, 64))
    drawn = families[rng.integers(20, size=2 * N)] + rng.normal(size=(2 * N, 64))
    return np.maximum(drawn, 0).round(1).astype(np.float32)


@pytest.mark.parametrize(
    "kind",
    [
        dictionaries.Neurons(k=4),
        dictionaries.FastICA(n_components=32, k=8, random_state=0),
        dictionaries.RotatedNeurons(k=8, random_state=0),
        dictionaries.RandomDictionary(n_components=256, k=32, random_state=0),
        dictionaries.StoredActivations(n_components=256, k=32, random_state=0),
    ],
    ids=lambda kind: repr(kind)[:40],
)
def test_what_float32_cannot_tell_apart_the_page_decides_as_torch_does(kernel, alike, tmp_path, kind):
    dictionary = kind.fit(alike[N:])
    dictionaries.save(dictionary, tmp_path / "saved")
    kernel.give("dictionary", {"dictionary": [read_kernel(tmp_path / "saved")]})
    kernel.call("dictionary", "dictionary")
    kernel.give("items", {"values": [alike[:N]]})
    codes = kernel.call("codes", "dictionary", "items").reshape(N, -1)
    np.testing.assert_allclose(codes, dictionary.transform(alike[:N]), atol=1e-4, rtol=0)


def test_a_family_without_an_encoder_in_the_page_is_none(items, tmp_path):
    dictionaries.save(dictionaries.SparseCoding(k=3, **SIZED).fit(items), tmp_path / "saved")
    assert read_kernel(tmp_path / "saved") is None


@pytest.fixture(scope="module")
def opened(kernel, data):
    """Asks the kernel what the server is asked."""
    for key in LAYERS:
        layer = data.layer(key)
        kernel.give(f"net {key}", {"weights": [dict(data.network(layer.network).weights)]})
        kernel.call("network", f"net {key}")
        kernel.give(f"mean {key}", {"mean": [layer.items.mean.astype(np.float32)]})
        for each in layer.unit_sets:
            kernel.give(f"{key} {each.key}", {"dictionary": [dictionary_kernel(each)]})
            kernel.call("dictionary", f"{key} {each.key}")

    def asked(question: Question):
        key, ink = question.layer, base64.b64encode(question.pixels.tobytes()).decode()
        told = {"number": question.number, "fit": question.fit, "keep_error": question.keep_error}
        told["edits"] = [dataclasses.asdict(edit) for edit in question.edits]
        name = key.split(".")[1]
        return kernel.call(
            "answer", f"net {key}", f"{key} {question.unit_set}", name, f"mean {key}", told, ink
        )

    return asked


EDITS = [
    (),
    (Edit("features", 0, "ablate"), Edit("features", 7, "clamp", 1.5)),
    (Edit("features", 2, "steer", -0.7),),
    (Edit("neurons", 3, "ablate"), Edit("neurons", 5, "steer", 0.4)),
    (Edit("features", 1, "clamp", 2.0), Edit("neurons", 1, "clamp", 0.1)),
]


@pytest.mark.parametrize("key", LAYERS)
@pytest.mark.parametrize("edits", EDITS, ids=str)
@pytest.mark.parametrize("keep_error", [True, False])
def test_the_page_answers_what_the_server_answers(opened, data, digits, key, edits, keep_error):
    for unit_set, digit in (("TopKSAE-k4", 3), ("L1SAE-l1_coefficient0.3", 8), ("PCA-k4", 5)):
        # An MNIST digit is where it belongs already, so both sides see the same pixels.
        question = Question(1, key, unit_set, digits.pixels[digit], True, edits, keep_error)
        if edits and edits[0].unit >= data.layer(key).unit_set(unit_set).n_units:
            continue
        found, expected = opened(question), answer(data, question)
        assert set(found) == {field.name for field in dataclasses.fields(expected)}
        for field in dataclasses.fields(expected):
            value, own = getattr(expected, field.name), found[field.name]
            if field.name == "units":
                np.testing.assert_array_equal(own, value)
            elif isinstance(value, dict):
                assert own.keys() == value.keys()
                for layer in value:
                    np.testing.assert_allclose(own[layer], value[layer], atol=1e-4)
            elif isinstance(value, np.ndarray):
                assert own.shape == value.shape
                np.testing.assert_allclose(own, value, atol=2e-4)
            else:
                assert own is None if value is None else own == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("key", LAYERS)
def test_an_edit_gives_the_logits_that_torch_gives(opened, folder, digits, key):
    network, layer = key.split(".")
    net = networks.load(folder / "network" / network)
    dictionary = dictionaries.load(folder / "dictionaries" / key / "TopKSAE-k4")
    for digit in digits.pixels[:5]:
        question = Question(1, key, "TopKSAE-k4", digit, False, (), True)
        unit = int(opened(question)["units"][0])

        def edited(x, unit=unit):
            codes = dictionary.transform(x)
            after = codes.copy()
            after[:, unit] = 0
            return x + dictionary.inverse_transform(after) - dictionary.inverse_transform(codes)

        expected = splice(net, images.ImageSet(digit[None]), layer, edited, device="cpu")[0]
        found = opened(dataclasses.replace(question, edits=(Edit("features", unit, "ablate"),)))
        np.testing.assert_allclose(found["logits_after"], expected, atol=1e-4)
        assert not np.allclose(found["logits_after"], found["logits"], atol=1e-3)


def test_an_edit_of_a_unit_that_is_not_there_is_refused(opened, digits):
    edits = (Edit("features", 400, "ablate"),)
    with pytest.raises(Exception, match="There are 40 features here, so none has the number 400"):
        opened(Question(1, LAYERS[0], "TopKSAE-k4", digits.pixels[0], True, edits, True))


def test_a_drawing_is_brought_to_mnists_place_to_a_grey_level(kernel):
    rng = np.random.default_rng(0)
    drawings = np.zeros((300, 28, 28), np.uint8)
    for drawing in drawings[1:]:  # the first stays blank
        height, width = rng.integers(1, 29, 2)
        top, left = rng.integers(0, 29 - height), rng.integers(0, 29 - width)
        ink = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < rng.random())
        drawing[top : top + height, left : left + width] = ink
    kernel.give("drawings", {"pixels": [drawings]})
    found = kernel.call("asMnist", "drawings").reshape(drawings.shape)
    expected = np.stack([as_mnist(drawing) for drawing in drawings])
    # Releases of Pillow resize columns or rows first, which now and then rounds one pixel otherwise.
    np.testing.assert_allclose(found.astype(int), expected.astype(int), atol=1)
    assert (found != expected).mean() < 1e-4
