"""One whole TopK training step, the encoding and the reconstruction of other libraries: what ours are timed
and measured against.

A peer takes part when its package is importable. ``make peers`` makes an environment of their own, beside
Sememe's, and ``make bench`` uses it where it is. By hand::

    pip install torch einops "matplotlib<3.9" simple-parsing schedulefree natsort transformers accelerate \
        datasets "transformer-lens>=2.16.1,<4" babe nltk tenacity python-dotenv plotly plotly-express
    pip install --no-deps eai-sparsify sae-lens overcomplete dictionary-learning
    pip install -e .

Each runs its own forward pass, loss, backward pass, clipping, normalisation and Adam. What the packages
import for loading language models and drawing is replaced by stand-ins, as it takes no part.
"""

import importlib.machinery
import sys
from collections.abc import Callable
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import torch
from torch import Tensor

# Adam's, the same for all.
LEARNING_RATE = 5e-4


class Peer(NamedTuple):
    """A dictionary of another library.

    ``step`` trains on a batch ``(items, d_in)`` and gives the loss; ``encode`` gives codes in the library's
    own form; ``reconstruct`` gives ``(items, d_in)``. ``begin_with`` sets the atoms ``(n_components, d_in)``,
    the encoder to their transpose and all biases to 0, before the first step.
    """

    step: Callable[[Tensor], float]
    encode: Callable[[Tensor], Any]
    reconstruct: Callable[[Tensor], Tensor]
    begin_with: Callable[[Tensor], None]


_STAND_INS = ("torchvision", "torchvision.transforms", "timm", "timm.data", "cv2", "nnsight", "circuitsvis")
_STAND_INS += ("wandb", "umap")


def _stand_in() -> None:
    for name in _STAND_INS:
        module = MagicMock()
        module.__spec__, module.__path__ = importlib.machinery.ModuleSpec(name, None), []
        sys.modules.setdefault(name, module)


def sparsify(d_in: int, n_components: int, k: int, learning_rate: float = LEARNING_RATE) -> Peer:
    from sparsify import SparseCoder, SparseCoderConfig

    coder = SparseCoder(d_in, SparseCoderConfig(num_latents=n_components, k=k), device="cpu")
    optimiser = torch.optim.Adam(coder.parameters(), lr=learning_rate)

    def step(x: Tensor) -> float:
        out = coder(x)
        out.fvu.backward()
        coder.remove_gradient_parallel_to_decoder_directions()
        optimiser.step()
        optimiser.zero_grad()
        coder.set_decoder_norm_to_unit_norm()
        return float(out.fvu.item())

    def begin_with(atoms: Tensor) -> None:
        coder.encoder.weight.data.copy_(atoms)
        coder.W_dec.data.copy_(atoms)

    return Peer(step, coder.encode, lambda x: coder(x).sae_out, begin_with)


def sae_lens(
    d_in: int, n_components: int, k: int, learning_rate: float = LEARNING_RATE, sparse: bool = False
) -> Peer:
    from sae_lens.saes.sae import TrainStepInput
    from sae_lens.saes.topk_sae import TopKTrainingSAE, TopKTrainingSAEConfig

    sae = TopKTrainingSAE(
        TopKTrainingSAEConfig(d_in=d_in, d_sae=n_components, k=k, device="cpu", use_sparse_activations=sparse)
    )
    optimiser = torch.optim.Adam(sae.parameters(), lr=learning_rate)
    fields = getattr(TrainStepInput, "__dataclass_fields__", {})
    optional = {"n_training_steps": 0, "is_logging_step": False}
    given = {name: value for name, value in optional.items() if name in fields}

    def step(x: Tensor) -> float:
        out = sae.training_forward_pass(
            TrainStepInput(sae_in=x, coefficients={}, dead_neuron_mask=None, **given)
        )
        optimiser.zero_grad()
        out.loss.backward()
        torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        optimiser.step()
        return float(out.loss.item())

    def begin_with(atoms: Tensor) -> None:
        sae.W_enc.data.copy_(atoms.T)
        sae.W_dec.data.copy_(atoms)

    return Peer(step, sae.encode, lambda x: sae.decode(sae.encode(x)), begin_with)


def sae_lens_sparse(d_in: int, n_components: int, k: int, learning_rate: float = LEARNING_RATE) -> Peer:
    return sae_lens(d_in, n_components, k, learning_rate, sparse=True)


def overcomplete(d_in: int, n_components: int, k: int, learning_rate: float = LEARNING_RATE) -> Peer:
    _stand_in()
    from overcomplete.sae import TopKSAE

    sae = TopKSAE(d_in, nb_concepts=n_components, top_k=k, device="cpu")
    optimiser = torch.optim.Adam(sae.parameters(), lr=learning_rate)

    # Its encoder standardises codes: by the batch in training, by moving averages afterwards.
    def step(x: Tensor) -> float:
        sae.train()
        optimiser.zero_grad()
        _, codes = sae.encode(x)
        loss = (x - sae.decode(codes)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(sae.parameters(), 1.0)
        optimiser.step()
        return float(loss.item())

    def encode(x: Tensor) -> Tensor:
        sae.eval()
        return sae.encode(x)[1]

    def begin_with(atoms: Tensor) -> None:
        linear = sae.encoder.final_block[0]
        linear.weight.data.copy_(atoms)
        linear.bias.data.zero_()
        sae.dictionary._weights.data.copy_(atoms)

    return Peer(step, encode, lambda x: sae.decode(encode(x)), begin_with)


def dictionary_learning(d_in: int, n_components: int, k: int, learning_rate: float = LEARNING_RATE) -> Peer:
    _stand_in()
    from dictionary_learning.trainers.top_k import TopKTrainer

    trainer = TopKTrainer(
        steps=1000,
        activation_dim=d_in,
        dict_size=n_components,
        k=k,
        layer=0,
        lm_name="none",
        device="cpu",
        warmup_steps=0,
        lr=learning_rate,
    )
    done = [0]

    def step(x: Tensor) -> float:
        done[0] += 1
        return float(trainer.update(done[0], x))

    def begin_with(atoms: Tensor) -> None:
        trainer.ae.encoder.weight.data.copy_(atoms)
        trainer.ae.decoder.weight.data.copy_(atoms.T)

    return Peer(step, trainer.ae.encode, trainer.ae, begin_with)


# In this order: the stand-ins of the later ones would be found by the earlier.
PEERS: dict[str, Callable[..., Peer]] = {
    "sparsify": sparsify,
    "SAELens": sae_lens,
    "SAELens, sparse": sae_lens_sparse,
    "overcomplete": overcomplete,
    "dictionary_learning": dictionary_learning,
}
