"""An autoencoder between two formats: what all of them say, each in names and orientations of its own.

Every format is read into this form and written from it, so that a format only has to know itself and this.
Arithmetic is done in float64 and rounded once, at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.registry import registry
from sememe.errors import DictionaryError, FormatError

# The dictionary that an architecture becomes, unless the format knows a closer one.
KINDS = {
    "standard": "L1SAE",
    "topk": "TopKSAE",
    "jumprelu": "JumpReLUSAE",
    "gated": "GatedSAE",
    "matching_pursuit": "MatchingPursuitSAE",
}

# What is added to the encoder's product, and so moves with centre and scale of the items.
_BIASES = ("b_enc", "b_gate", "b_mag")


def shapes(architecture: str, d_in: int, d_sae: int) -> dict[str, tuple[int, ...]]:
    """The tensors of an architecture, by the names and in the orientation of SAELens."""
    decoder = {"W_dec": (d_sae, d_in), "b_dec": (d_in,)}
    if architecture == "matching_pursuit":
        return decoder
    of_components = {
        "standard": ("b_enc",),
        "topk": ("b_enc",),
        "jumprelu": ("b_enc", "threshold"),
        "gated": ("b_gate", "r_mag", "b_mag"),
    }[architecture]
    return {"W_enc": (d_in, d_sae), **dict.fromkeys(of_components, (d_sae,)), **decoder}


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """``codes = f((x - b_dec) W_enc + b_enc)`` and ``x_hat = codes W_dec + b_dec``.

    Attributes:
        architecture: "standard" (f is ReLU), "topk" (the k largest, negative ones set to 0), "jumprelu" (what
            exceeds ``threshold`` and 0), "gated" (``ReLU(exp(r_mag) z + b_mag)`` where ``z + b_gate > 0``,
            with ``z = (x - b_dec) W_enc``), or "matching_pursuit" (k steps, without an encoder).
        tensors: float64, by SAELens' names; ``shapes`` lists them.
        k: components an item, of "topk"; components an item on average, where a jumprelu was trained so;
            steps of a pursuit.
        kind: name of the dictionary that this becomes; that of the architecture if not given.
        prefixes: numbers of components of the nested dictionaries of a Matryoshka, rising to all of them.
    """

    architecture: str
    tensors: Mapping[str, Float64[Tensor, "..."]]
    k: int | None = None
    kind: str | None = None
    prefixes: tuple[int, ...] = ()

    @property
    def d_in(self) -> int:
        return self.tensors["W_dec"].shape[1]

    @property
    def d_sae(self) -> int:
        return self.tensors["W_dec"].shape[0]

    @classmethod
    def of(cls, dictionary: Dictionary, format: str, architectures: tuple[str, ...]) -> Self:
        """A fitted dictionary, to be written as ``format``, which knows some of the architectures.

        Raises:
            DictionaryError: the format has no counterpart of the dictionary.
        """
        configuration = dictionary._stored_configuration()
        architecture = configuration["architecture"]
        if architecture not in architectures:
            raise DictionaryError(
                f"{type(dictionary).__name__} has no counterpart in {format}, which has "
                f"{', '.join(architectures)}: keep it with sememe.dictionaries.save."
            )
        tensors = {
            name: value.detach().cpu().double() for name, value in dictionary._stored_tensors().items()
        }
        expected = shapes(architecture, *dictionary.components_.shape[::-1])
        found = {name: tuple(value.shape) for name, value in tensors.items()}
        assert found == expected, f"{type(dictionary).__name__} stores {found}, {architecture} is {expected}"
        kind = type(dictionary).__name__
        if isinstance(dictionary, BatchTopKSAE):
            return cls(architecture, tensors, dictionary.k, kind, dictionary._prefixes())
        return cls(architecture, tensors, configuration.get("k"), kind)

    def fitted(self) -> Dictionary:
        """The fitted dictionary, with codes as the file's own library gives them.

        Raises:
            FormatError: k is larger than the number of components, or there is no such kind of dictionary.
        """
        name = self.kind or KINDS[self.architecture]
        kind = registry().get(name)
        if kind is None:
            raise FormatError(
                f"The file holds what would be a {name}, which is not among {sorted(registry())}."
            )
        if self.k is not None and self.k > self.d_sae:
            raise FormatError(f"k is {self.k} in the file, but there are only {self.d_sae} components.")
        parameters: dict[str, Any] = {"n_components": self.d_sae}
        if self.k is not None:
            parameters["k"] = self.k
        if self.prefixes:
            parameters["prefixes"] = self.prefixes
        dictionary = kind(**parameters)
        tensors = {key: value.float().contiguous() for key, value in self.tensors.items()}
        # How the items were scaled in training is not known; a training that goes on has to centre them.
        dictionary._restore(tensors, {"mean": self.tensors["b_dec"].tolist(), "scale": 1.0, "n_steps": 0})
        dictionary.n_features_in_ = self.d_in
        return dictionary

    def with_centring(self) -> Self:
        """The same codes, where the biases were written for an encoder that takes ``x`` as it is."""
        return self._with_biases_moved(1)

    def without_centring(self) -> Self:
        """The same codes, with biases for an encoder that takes ``x`` as it is."""
        return self._with_biases_moved(-1)

    def with_atoms_divided(self, lengths: Float[Tensor, " components"]) -> Self:
        """The same reconstruction, with each atom divided and its code multiplied by a number."""
        lengths = lengths.double()
        scaled = {
            name: self.tensors[name] * lengths
            for name in ("W_enc", *_BIASES, "threshold")
            if name in self.tensors
        }
        return self._with(scaled | {"W_dec": self.tensors["W_dec"] / lengths[:, None]})

    def atom_lengths(self) -> Float64[Tensor, " components"]:
        """Euclidean length of every atom."""
        return self.tensors["W_dec"].norm(dim=1)

    def with_biases_scaled(self, factor: float) -> Self:
        """What was trained on ``x / factor``, for ``x``; codes grow with the items, atoms stay."""
        names = (*_BIASES, "threshold", "b_dec")
        return self._with({name: self.tensors[name] * factor for name in names if name in self.tensors})

    def with_inputs_scaled(self, factor: float) -> Self:
        """What was trained on ``factor * x``, for ``x``; codes stay, atoms shrink."""
        t = self.tensors
        return self._with(
            {"W_enc": t["W_enc"] * factor, "W_dec": t["W_dec"] / factor, "b_dec": t["b_dec"] / factor}
        )

    def _with_biases_moved(self, sign: int) -> Self:
        moved = sign * (self.tensors["b_dec"] @ self.tensors["W_enc"])
        changed = {name: self.tensors[name] + moved for name in ("b_enc", "b_gate") if name in self.tensors}
        if "b_mag" in self.tensors:
            changed["b_mag"] = self.tensors["b_mag"] + moved * self.tensors["r_mag"].exp()
        return self._with(changed)

    def _with(self, changed: Mapping[str, Tensor]) -> Self:
        return replace(self, tensors={**self.tensors, **changed})


def rounded(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors in float32, as every library keeps them."""
    return {name: value.to(torch.float32) for name, value in tensors.items()}
