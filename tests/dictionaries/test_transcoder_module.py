import numpy as np
import torch

from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.nonlinearities import TopK
from sememe.dictionaries.transcoder_module import TranscoderModule


def module(skip: bool = True) -> TranscoderModule:
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator)

    W_skip = drawn(3, 5) if skip else None
    return TranscoderModule(drawn(7, 5), drawn(7), drawn(7, 3), drawn(3), W_skip, TopK(2))


def test_the_formula():
    made = module()
    x = torch.randn(11, 5, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        pre = x @ made.W_enc.T + made.b_enc
        kept = torch.zeros_like(pre).scatter(1, pre.topk(2, dim=1).indices, 1.0)
        codes = torch.relu(pre) * kept
        torch.testing.assert_close(made.encode(x), codes)
        torch.testing.assert_close(made(x), codes @ made.W_dec + made.b_dec + x @ made.W_skip.T)
        torch.testing.assert_close(made.pre_codes_of(x, torch.tensor([4, 1])), pre[:, [4, 1]])
    assert (made.d_in, made.d_out, made.n_components) == (5, 3, 7)
    assert set(made.component_parameters()) == {"W_enc", "b_enc", "W_dec"}


def test_folding_changes_units_and_not_the_function():
    for skip in (True, False):
        made = module(skip).double()
        mean, scales = np.arange(8.0), np.array([3.0, 0.5])
        x = torch.randn(11, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
        with torch.no_grad():
            codes, y_hat = 0.5 * made.encode(x), mean[5:] + 0.5 * made(x).numpy()
        atoms = made.W_dec.detach().clone()
        made.fold(LayerStandardisation(mean, 3.0, (5, 3), scales))
        raw = torch.from_numpy(mean[:5]) + 3.0 * x
        torch.testing.assert_close(made.encode(raw), codes)
        np.testing.assert_allclose(made(raw).detach().numpy(), y_hat, rtol=1e-10)
        assert torch.equal(made.W_dec, atoms)


def test_tensors_go_out_and_come_in_again():
    made, other = (
        module(),
        TranscoderModule(*(torch.zeros(s) for s in ((7, 5), (7,), (7, 3), (3,), (3, 5))), TopK(2)),
    )
    tensors = made.lens_tensors()
    assert {name: tuple(value.shape) for name, value in tensors.items()} == {
        "W_enc": (5, 7),
        "b_enc": (7,),
        "W_dec": (7, 3),
        "b_dec": (3,),
        "W_skip": (3, 5),
    }
    other.load_lens_tensors(tensors)
    assert all(torch.equal(a, b) for a, b in zip(made.parameters(), other.parameters(), strict=True))
