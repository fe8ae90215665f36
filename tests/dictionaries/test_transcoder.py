import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sklearn.model_selection import GridSearchCV

from sememe.dictionaries.skip_transcoder import SkipTranscoder
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.sweep import fit_together
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError

SETTINGS = {"n_components": 12, "k": 3, "n_epochs": 4, "batch_size": 100}


def mean_max_cosine(found: np.ndarray, planted: np.ndarray) -> float:
    cosines = planted @ (found / np.linalg.norm(found, axis=1, keepdims=True)).T
    return float((cosines / np.linalg.norm(planted, axis=1, keepdims=True)).max(axis=1).mean())


@pytest.fixture(scope="module")
def layers(items):
    """A layer of 10 neurons and a later one of 6, which is a nonlinear function of it."""
    mixed = np.random.default_rng(1).normal(size=(10, 6))
    later = np.maximum((items - items.mean(axis=0)) @ mixed, 0) + 40
    return items, later.astype(np.float32)


def fvu_of(y, y_hat) -> float:
    y, y_hat = y.astype(np.float64), y_hat.astype(np.float64)
    return float(((y - y_hat) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum())


def test_a_planted_map_is_recovered():
    rng = np.random.default_rng(0)
    encoder, decoder = rng.normal(size=(24, 16)), rng.normal(size=(24, 12))
    encoder /= np.linalg.norm(encoder, axis=1, keepdims=True)
    x = rng.normal(size=(8000, 16)).astype(np.float32)
    y = (np.maximum(x @ encoder.T - 1.2, 0) @ decoder + 5).astype(np.float32)
    found = Transcoder(n_components=48, k=6, n_epochs=20, batch_size=256).fit(x, y)
    assert mean_max_cosine(found.components_, decoder) > 0.95
    assert mean_max_cosine(found.module_.W_enc.detach().numpy(), encoder) > 0.95
    assert found.score(x, y) > -0.2


@pytest.mark.parametrize("sparsity", ["topk", "l1"])
def test_the_prediction_is_affine_in_the_codes(layers, sparsity):
    x, y = layers
    found = Transcoder(**SETTINGS, sparsity=sparsity).fit(x, y)
    codes = found.transform(x)
    assert found.components_.shape == (12, 6)
    np.testing.assert_allclose(np.linalg.norm(found.components_, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(found.inverse_transform(codes), found.predict(x), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(codes @ found.components_ + found.offset_, found.predict(x), atol=1e-4)
    assert found.score(x, y) == pytest.approx(-fvu_of(y, found.predict(x)), rel=1e-5)


@pytest.mark.parametrize("kind", [Transcoder, SkipTranscoder])
def test_the_module_computes_the_codes_and_the_prediction(layers, kind):
    x, y = layers
    for sparsity in ("topk", "l1"):
        found = kind(**SETTINGS, sparsity=sparsity).fit(x, y)
        with torch.no_grad():
            codes = found.module_.encode(torch.from_numpy(x)).numpy()
            predicted = found.module_(torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(found.transform(x), codes, atol=1e-4)
        np.testing.assert_allclose(found.predict(x), predicted, atol=1e-3)


def test_units_of_the_layers_do_not_matter(layers):
    x, y = layers
    found, other = Transcoder(**SETTINGS).fit(x, y), Transcoder(**SETTINGS).fit(7 * x + 3, 1000 * y - 50)
    assert other.score(7 * x + 3, 1000 * y - 50) == pytest.approx(found.score(x, y), abs=0.01)
    np.testing.assert_allclose(
        other.transform(7 * x + 3), 1000 * found.transform(x), rtol=0.05, atol=0.02 * 1000 * y.std()
    )


def test_an_l1_penalty_makes_codes_sparse(layers):
    x, y = layers

    def density(coefficient):
        settings = SETTINGS | {"n_epochs": 40, "sparsity": "l1", "l1_coefficient": coefficient}
        found = Transcoder(**settings).fit(x, y)
        return (found.transform(x) != 0).mean()

    assert density(10.0) < 0.8 * density(0.01)


def test_what_is_loaded_predicts_the_same(layers, tmp_path):
    x, y = layers
    for kind, sparsity in ((Transcoder, "l1"), (SkipTranscoder, "l1"), (SkipTranscoder, "topk")):
        found = kind(**SETTINGS, sparsity=sparsity).fit(x, y)
        save(found, tmp_path / "here")
        loaded = load(tmp_path / "here")
        np.testing.assert_array_equal(loaded.transform(x), found.transform(x))
        np.testing.assert_array_equal(loaded.predict(x), found.predict(x))


def test_with_a_relu_the_file_is_what_saelens_calls_a_skip_transcoder(layers, tmp_path):
    x, y = layers
    found = SkipTranscoder(**SETTINGS, sparsity="l1").fit(x, y)
    save(found, tmp_path / "here")
    configuration = json.loads((tmp_path / "here" / "cfg.json").read_text())
    assert configuration["architecture"] == "skip_transcoder"
    assert (configuration["d_in"], configuration["d_sae"], configuration["d_out"]) == (10, 12, 6)
    assert configuration["apply_b_dec_to_input"] is False
    w = {
        name: value.numpy()
        for name, value in load_file(tmp_path / "here" / "sae_weights.safetensors").items()
    }
    codes = np.maximum(x @ w["W_enc"] + w["b_enc"], 0)
    predicted = codes @ w["W_dec"] + w["b_dec"] + x @ w["W_skip"].T
    np.testing.assert_allclose(found.predict(x), predicted, atol=1e-4)


def test_fit_transform_and_the_kind_of_number(layers):
    x, y = layers
    codes = Transcoder(**SETTINGS).fit_transform(x, y)
    np.testing.assert_array_equal(codes, Transcoder(**SETTINGS).fit(x.tolist(), y.tolist()).transform(x))
    assert codes.dtype == Transcoder(**SETTINGS).fit(x, y).predict(x.astype(np.float64)).dtype == np.float32
    csr = Transcoder(**SETTINGS, sparse_output=True).fit(x, y).transform(x)
    np.testing.assert_array_equal(csr.toarray(), codes)


def test_the_seed_decides(layers):
    one, same, other = (
        Transcoder(**SETTINGS, random_state=seed).fit(*layers).components_ for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_a_resumed_training_ends_as_an_uninterrupted_one(layers, tmp_path):
    settings = SETTINGS | {"patience": 50, "held_out": 100, "n_epochs": 8}

    def stop(record):
        if record["step"] >= 17:
            raise KeyboardInterrupt

    whole, cut = SkipTranscoder(**settings).fit(*layers), SkipTranscoder(**settings)
    with pytest.raises(KeyboardInterrupt):
        cut.fit(*layers, checkpoint=tmp_path / "here", checkpoint_every=7, log=stop)
    cut.fit(*layers, checkpoint=tmp_path / "here", checkpoint_every=7)
    np.testing.assert_array_equal(cut.predict(layers[0]), whole.predict(layers[0]))


def test_training_stops_when_the_held_out_error_of_the_later_layer_does(layers):
    records = []
    settings = SETTINGS | {"patience": 2, "held_out": 100, "n_epochs": 200, "decay": 0.0}
    found = Transcoder(**settings).fit(*layers, log=records.append)
    errors = [record["held_out_fvu"] for record in records if "held_out_fvu" in record]
    assert found.n_steps_ < 200 * 5
    assert errors[-1] == pytest.approx(-found.score(*layers), abs=0.1)


def test_it_is_fitted_whole_and_by_itself(layers):
    assert not hasattr(Transcoder(), "partial_fit")
    with pytest.raises(DictionaryError, match="Transcoder needs two layers: fit it by itself"):
        fit_together([TopKSAE(**SETTINGS), Transcoder(**SETTINGS)], layers[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"k": 13}, r"k must be at most n_components \(12\)"),
        ({"sparsity": "l0"}, "sparsity must be one of 'topk', 'l1', but 'l0' arrived"),
        ({"centring": "geometric_median"}, "centring must be one of 'mean', but 'geometric_median'"),
        ({"l1_coefficient": -1}, "l1_coefficient must be at least 0"),
        ({"k_aux": 0}, "k_aux must be at least 1"),
        ({"auxk_coefficient": -1}, "auxk_coefficient must be at least 0"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(layers, changed, message):
    with pytest.raises(DictionaryError, match=message):
        Transcoder(**SETTINGS | changed).fit(*layers)


def test_an_unsuitable_later_layer_is_refused(layers):
    x, y = layers
    found = Transcoder(**SETTINGS).fit(x, y)
    codes = found.transform(x)
    bad = y.copy()
    bad[7, 2] = np.nan
    for given, message in (
        (None, "requires y to be passed"),
        (y[:-1], "of the same 600 items"),
        (bad, "1 NaN and 0 inf among 600 items x 6 neurons"),
        (np.full_like(y, 3), r"do not vary in layer 1 of 2"),
    ):
        with pytest.raises(DictionaryError, match=message):
            found.fit(x, given)
    np.testing.assert_array_equal(found.transform(x), codes)
    with pytest.raises(DictionaryError, match="predicts 6 neurons, but y has 4"):
        found.score(x, y[:, :4])
    with pytest.raises(DictionaryError, match="items of y do not vary"):
        found.score(x, np.full_like(y, 3))


def test_grid_search_finds_the_better_sparsity(layers):
    search = GridSearchCV(Transcoder(n_components=12, n_epochs=4, batch_size=50), {"k": [1, 4]}, cv=2)
    assert search.fit(*layers).best_params_ == {"k": 4}


def test_stores_are_read_in_step(layers, store):
    x, y = layers
    found = Transcoder(**SETTINGS).fit(store, y)
    assert found.score(store, y) == pytest.approx(found.score(x, y), rel=1e-4)
    assert found.score(x, y) > found.score(x, y[::-1].copy()) + 0.5
