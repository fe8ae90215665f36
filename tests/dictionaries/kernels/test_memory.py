"""What a step holds and touches: no more memory than is said, and none that is not its own."""

import tracemalloc

import numpy as np
import pytest
import torch

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import thread_limit
from sememe.dictionaries.kernels.encode import decode, encode_above, encode_top_k
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import BatchTopK, Positive, StepPlan, TopK
from sememe.dictionaries.kernels.scan import ITEMS_A_TASK
from sememe.errors import DictionaryError

ITEMS, D_IN, N_COMPONENTS = 70, 20, 150
PLANS = {
    "few": StepPlan(TopK(4)),
    "many": StepPlan(TopK(60)),
    "aux": StepPlan(TopK(20), k_aux=5, auxk_coefficient=0.5),
    "batch": StepPlan(BatchTopK(5), prefixes=(50, 150)),
    "positive": StepPlan(Positive(), l1_coefficient=0.1),
}


@pytest.fixture(params=["bytes", "product"])
def way(request, monkeypatch):
    if request.param == "product":
        monkeypatch.setattr(integer_product, "is_supported", lambda: False)
    elif not integer_product.is_supported():
        pytest.skip("this processor has no AVX-512 VNNI")


def _parameters(n_components=N_COMPONENTS, d_in=D_IN):
    rng = np.random.default_rng(0)
    atoms = rng.standard_normal((n_components, d_in)).astype(np.float32)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    arrays = (atoms.copy(), np.zeros(n_components, np.float32), atoms, np.zeros(d_in, np.float32))
    return dict(zip(("W_enc", "b_enc", "W_dec", "b_dec"), map(torch.from_numpy, arrays), strict=True))


def _batch(items=ITEMS, d_in=D_IN):
    return torch.randn(items, d_in, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["batch", "W_enc", "b_enc", "W_dec", "b_dec"])
def test_a_step_on_what_is_no_number_has_no_loss(way, plan, number, place):
    parameters, batch = _parameters(), _batch()
    (batch if place == "batch" else parameters[place]).reshape(-1)[-3:] = number
    dead = torch.arange(N_COMPONENTS) % 3 == 0
    outcome = FastStep(parameters, PLANS[plan], clip_norm=1.0).step(batch, 1e-3, dead)
    assert not np.isfinite(outcome.loss)


@pytest.mark.parametrize("k", [3, 30, N_COMPONENTS])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_not_encoded(way, k, number):
    for place, sentence in (("x", "Items 0 to 70"), ("W_enc", "The encoder"), ("b_enc", "The encoder")):
        arrays = {name: array.numpy() for name, array in _parameters().items()} | {"x": _batch().numpy()}
        arrays[place].reshape(-1)[-1] = number
        x, encoder = arrays["x"], (arrays["W_enc"], arrays["b_enc"], arrays["b_dec"])
        with pytest.raises(DictionaryError, match=sentence):
            encode_top_k(x, *encoder, k)
        with pytest.raises(DictionaryError, match=sentence):
            encode_above(x, *encoder, np.zeros(N_COMPONENTS, np.float32))


def test_codes_of_components_that_are_not_there_are_refused():
    p = {name: array.numpy() for name, array in _parameters().items()}
    codes = encode_top_k(_batch().numpy(), p["W_enc"], p["b_enc"], p["b_dec"], 5)
    with pytest.raises(DictionaryError, match="cannot be decoded with 10 atoms"):
        decode(codes, p["W_dec"][:10], p["b_dec"])


@pytest.mark.skipif(not integer_product.is_supported(), reason="torch's product is not numpy's memory")
def test_a_step_holds_its_state_and_two_copies_of_a_chunks_pre_activations():
    items, d_in, n_components = 4096, 32, 2048
    parameters, batch = _parameters(n_components, d_in), _batch(items, d_in)
    of_parameters = sum(4 * p.numel() for p in parameters.values())
    tracemalloc.start()
    try:
        step = FastStep(parameters, StepPlan(TopK(4)), clip_norm=1.0)
        for _ in range(2):
            step.step(batch, 1e-3)
        held = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    chunk = 4 * n_components * ITEMS_A_TASK * thread_limit()
    # Gradients and two moments; the batch centred, and its residual; 4 codes an item, by item and component.
    state, batches, codes = 3 * of_parameters, 2 * 4 * batch.numel(), 2 * 12 * 4 * items
    assert held < state + batches + codes + 2 * chunk
    # All pre-activations at once would be this much.
    assert held < 4 * items * n_components
