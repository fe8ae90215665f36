"""Whatever is wrong with what a dictionary is given: one sentence, and the dictionary as it was."""

import json
import pickle

import numpy as np
import pytest
import torch
import zarr
from safetensors.torch import load_file, save_file
from scipy import sparse

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.storage import load, save
from sememe.errors import DictionaryError, FormatError

# Small noisy items need not have independent components.
pytestmark = pytest.mark.filterwarnings("ignore:FastICA did not converge")

_SMALL = {"n_components": 4, "k": 2, "n_epochs": 1, "batch_size": 50}

# Whose components are items or clusters of them, or directions that so many items must span; and how many
# components are too many for 3 items. Two codebooks may each have as many as there are items.
_TOO_MANY_OF_3_ITEMS = {
    **dict.fromkeys(("KMeans", "StoredActivations", "CodebookVQ", "TopKCodebook", "SemiNMF", "PCA"), 4),
    "FastICA": 4,
    "ProductVQ": 12,
    "ResidualVQ": 12,
}

# Which learn nothing from how the items vary.
_NEED_NO_VARIANCE = {"Neurons", "RotatedNeurons"}


def small(kind: type[Dictionary], **changed) -> Dictionary:
    known = kind._get_param_names()
    return kind(**{name: value for name, value in {**_SMALL, **changed}.items() if name in known})


def some_items() -> np.ndarray:
    rng = np.random.default_rng(0)
    raw = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 6)) + 0.3 * rng.normal(size=(200, 6))
    return (np.maximum(raw, 0) + np.arange(6)).astype(np.float32)


ITEMS = some_items()
WRONG_KINDS = {
    "no array": (None, "None arrived"),
    "a path": ("items.npy", "'items.npy' arrived"),
    "a number": (np.float32(3), r"Reshape your data: .*np\.float32\(3\.0\) arrived"),
    "one dimension": (ITEMS[0], r"Reshape your data: .*float32 \(6,\) arrived \(ndarray\); x\[None\]"),
    "a tensor of one dimension": (torch.zeros(6), r"Reshape your data: .*float32 \(6,\) arrived \(Tensor\)"),
    "three dimensions": (ITEMS[None], r"Reshape your data: .*float32 \(1, 200, 6\) arrived"),
    "maps": (np.zeros((5, 6, 2, 2)), r"\(5, 6, 2, 2\) arrived .*positions are an item each"),
    "ragged": ([[1.0, 2.0], [3.0]], r"arrived \(list\) holds something else: .*inhomogeneous"),
    "words": (np.full((5, 6), "a"), r"<U1 \(5, 6\) arrived .*give an array of numbers"),
    "spelled numbers": (ITEMS.astype(str).astype(object), "is no number"),
    "objects": (np.full((5, 6), {}, dtype=object), "not 'dict'"),
    "too large numbers": (np.full((5, 6), 10**400, dtype=object), "too large to convert to float"),
    "complex": (ITEMS + 1j, "Complex data not supported: .*give the real part or the magnitude"),
    "a complex tensor": (torch.from_numpy(ITEMS) + 1j, r"Complex data .*arrived \(Tensor\)"),
    "dates": (np.zeros((5, 6), dtype="datetime64[s]"), r"datetime64\[s\] \(5, 6\) arrived"),
    "records": (np.zeros(5, dtype=[("a", "f4")]), "give an array of numbers"),
    "a sparse tensor": (torch.from_numpy(ITEMS).to_sparse(), "sparse tensor arrived: give its to_dense"),
}
WRONG_ITEMS = {
    "sparse": (sparse.csr_array(ITEMS), "sparse ones arrived: give their toarray"),
    "nothing": (ITEMS[:0], r"0 sample\(s\)"),
    "no neurons": (ITEMS[:, :0], r"0 feature\(s\)"),
    "NaN": (np.where(ITEMS[3, 2] == ITEMS, np.nan, ITEMS), "NaN and 0 inf .* at item 3, neuron 2"),
    "infinity": (np.where(ITEMS[3, 2] == ITEMS, np.inf, ITEMS), "0 NaN and .* at item 3, neuron 2"),
}


@pytest.fixture(scope="module")
def fitted_kinds() -> dict[str, Dictionary]:
    return {}


@pytest.fixture(params=sorted(registry()))
def fitted(request, fitted_kinds, plain_calls) -> Dictionary:
    """A fitted dictionary of each kind, which no test changes."""
    name = request.param
    if name not in fitted_kinds:
        fitted_kinds[name] = small(registry()[name]).fit(ITEMS, ITEMS)
    return fitted_kinds[name]


def refuses(call, message: str) -> None:
    """One sentence of ours, on one line."""
    with pytest.raises(DictionaryError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def check_fit_refuses(fitted: Dictionary, message: str, X, y=None) -> None:
    """An unfitted one stays unfitted, a fitted one as it was."""
    y = X if y is None else y
    unfitted = type(fitted)(**fitted.get_params())
    before = dict(vars(unfitted))
    refuses(lambda: unfitted.fit(X, y), message)
    assert vars(unfitted) == before
    kept = dict(vars(fitted))
    refuses(lambda: fitted.fit(X, y), message)
    assert vars(fitted).keys() == kept.keys()
    assert all(vars(fitted)[name] is value for name, value in kept.items())


def test_wrong_items_are_refused_in_fit(fitted):
    for X, message in (WRONG_KINDS | WRONG_ITEMS).values():
        check_fit_refuses(fitted, message, X)


def test_wrong_items_are_refused_in_use(fitted):
    for X, message in (WRONG_KINDS | WRONG_ITEMS).values():
        refuses(lambda X=X: fitted.transform(X), message)
        refuses(lambda X=X: fitted.score(X, ITEMS), message)


def test_wrong_codes_are_refused(fitted):
    for codes, message in WRONG_KINDS.values():
        refuses(lambda codes=codes: fitted.inverse_transform(codes), message)


def test_codes_that_are_not_finite_or_too_many_are_refused(fitted):
    n_components = len(fitted.components_)
    for bad in (np.nan, np.inf):
        codes = np.zeros((3, n_components))
        codes[1, 0] = bad
        for given in (codes, sparse.csr_array(codes), torch.from_numpy(codes)):
            refuses(lambda given=given: fitted.inverse_transform(given), "hold NaN or infinity")
    refuses(
        lambda: fitted.inverse_transform(np.zeros((3, n_components + 1))),
        rf"\(items, {n_components}\), but \(3, {n_components + 1}\) arrived",
    )


def test_items_of_another_number_of_neurons_are_refused_in_use(fitted):
    refuses(lambda: fitted.transform(ITEMS[:, :4]), "X has 4 features, but .* is expecting 6 features")


def test_a_store_of_the_wrong_kind_is_refused(fitted, tmp_path):
    for shape, dtype, message in (
        ((200,), "float32", "Reshape your data"),
        ((20, 6), "complex64", "Complex data not supported"),
    ):
        array = zarr.create_array(tmp_path / dtype, shape=shape, chunks=shape, dtype=dtype)
        check_fit_refuses(fitted, message, array)
        refuses(lambda array=array: fitted.transform(array), message)


def test_one_item_is_too_few_to_learn_from(fitted):
    if type(fitted).__name__ not in _NEED_NO_VARIANCE:
        check_fit_refuses(fitted, r"1 sample\(s\)|at least", ITEMS[:1])


def test_items_that_do_not_vary_are_refused(fitted):
    constant = np.full((50, 6), 0.1, dtype=np.float32)
    if type(fitted).__name__ not in _NEED_NO_VARIANCE:
        check_fit_refuses(fitted, "do not vary", constant)
    refuses(lambda: fitted.score(constant, constant), "do not vary")


def test_fewer_items_than_components_are_refused_where_a_method_needs_more(fitted):
    too_many = _TOO_MANY_OF_3_ITEMS.get(type(fitted).__name__)
    if too_many is None:
        few = small(type(fitted)).fit(ITEMS[:3], ITEMS[:3])
        assert np.isfinite(few.components_).all()
    else:
        message = f"n_components must be at most .*items.*, but {too_many} arrived"
        unfitted = small(type(fitted), n_components=too_many)
        refuses(lambda: unfitted.fit(ITEMS[:3]), message)
        assert not hasattr(unfitted, "components_")


def test_negative_items_are_refused_by_nmf_alone(fitted):
    signed = ITEMS - ITEMS.mean()
    if type(fitted).__name__ == "NMF":
        check_fit_refuses(fitted, "Negative values in data passed to NMF: .* of 1200 activations", signed)
        refuses(lambda: fitted.transform(signed), "Negative values")
    else:
        small(type(fitted)).fit(signed, signed).transform(signed)


@pytest.fixture
def folder(fitted, tmp_path):
    save(fitted, tmp_path / "saved")
    return tmp_path / "saved"


def check_load_refuses(folder, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)


def test_the_weights_of_another_kind_are_refused(fitted, folder, tmp_path):
    other = "PCA" if type(fitted).__name__ == "TopKSAE" else "TopKSAE"
    save(small(registry()[other]).fit(ITEMS), tmp_path / "other")
    own = set(load_file(folder / "sae_weights.safetensors"))
    theirs = set(load_file(tmp_path / "other" / "sae_weights.safetensors"))
    if own != theirs:
        (tmp_path / "other" / "sae_weights.safetensors").replace(folder / "sae_weights.safetensors")
        check_load_refuses(folder, "has no tensor|does not belong|should have shape")


def test_a_file_that_says_to_be_of_another_kind_is_refused(fitted, folder):
    other = "PCA" if type(fitted).__name__ == "TopKSAE" else "TopKSAE"
    written = json.loads((folder / "cfg.json").read_text())
    written["sememe"]["dictionary"] = other
    (folder / "cfg.json").write_text(json.dumps(written))
    if set(type(fitted)._get_param_names()) != set(registry()[other]._get_param_names()):
        check_load_refuses(folder, "parameter|tensor")


def test_damaged_weights_are_refused(folder):
    path = folder / "sae_weights.safetensors"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    check_load_refuses(folder, "is not a whole safetensors file")
    path.write_bytes(whole[:8] + b"?" + whole[9:])
    check_load_refuses(folder, "is not a whole safetensors file")
    path.write_bytes(pickle.dumps({"W_dec": [1.0]}))
    check_load_refuses(folder, "is a pickle")
    path.write_bytes(whole)
    tensors = load_file(path)
    save_file({**tensors, "W_dec": torch.full_like(tensors["W_dec"], torch.nan)}, path)
    check_load_refuses(folder, "tensor W_dec holds NaN or infinity")
    save_file({**tensors, "W_dec": tensors["W_dec"][:, :-1].contiguous()}, path)
    check_load_refuses(folder, "tensor W_dec should have shape")


def test_the_checkpoint_of_another_architecture_is_refused(fitted, tmp_path):
    if not isinstance(fitted, SparseAutoencoder):
        return
    other = registry()["L1SAE" if type(fitted).__name__ == "TopKSAE" else "TopKSAE"]
    small(other).fit(ITEMS, checkpoint=tmp_path / "checkpoint", checkpoint_every=2)
    kept = dict(vars(fitted))
    with pytest.raises(FormatError, match=r"belongs to another training: .* there and .* here"):
        fitted.fit(ITEMS, ITEMS, checkpoint=tmp_path / "checkpoint")
    assert all(vars(fitted)[name] is value for name, value in kept.items())
