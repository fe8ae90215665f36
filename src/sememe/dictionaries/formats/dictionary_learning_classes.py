"""The classes of dictionary_learning: which weights each has, how it names them and which way round."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from sememe.dictionaries.formats.autoencoder import shapes


@dataclass(frozen=True)
class PeerClass:
    """One class.

    Attributes:
        architecture: what it is, in SAELens' word.
        trainer: the class that trains it.
        names: from SAELens' names to its own, with ``.T`` at the end where the matrix lies the other way.
        buffers: what its ``state_dict`` holds besides weights.
        centres: whether its encoder subtracts the decoder's bias from the items.
        kind: the dictionary that it becomes, where the architecture does not tell.
    """

    architecture: str
    trainer: str
    names: Mapping[str, str]
    buffers: tuple[str, ...] = ()
    centres: bool = True
    kind: str | None = None

    def keys(self) -> set[str]:
        """The names in its ``state_dict``."""
        return {own.removesuffix(".T") for own in self.names.values()} | set(self.buffers)

    def shapes(self, d_in: int, d_sae: int) -> dict[str, tuple[int, ...]]:
        """The shapes in its ``state_dict``; all buffers are single numbers but ``group_sizes``."""
        ours = shapes(self.architecture, d_in, d_sae)
        weights = {
            own.removesuffix(".T"): ours[name][::-1] if own.endswith(".T") else ours[name]
            for name, own in self.names.items()
        }
        return weights | dict.fromkeys(self.buffers, ())

    def to_ours(self, theirs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights by SAELens' names."""
        return {
            name: theirs[own.removesuffix(".T")].T if own.endswith(".T") else theirs[own]
            for name, own in self.names.items()
        }

    def from_ours(self, ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Weights by its own names."""
        return {
            own.removesuffix(".T"): ours[name].T if own.endswith(".T") else ours[name]
            for name, own in self.names.items()
        }


_LINEAR = {"W_enc": "encoder.weight.T", "b_enc": "encoder.bias", "W_dec": "decoder.weight.T"}
_PLAIN = {name: name for name in ("W_enc", "b_enc", "W_dec", "b_dec")}
_GATED = {
    "W_enc": "encoder.weight.T",
    "b_gate": "gate_bias",
    "r_mag": "r_mag",
    "b_mag": "mag_bias",
    "W_dec": "decoder.weight.T",
    "b_dec": "decoder_bias",
}

CLASSES = {
    "AutoEncoder": PeerClass("standard", "StandardTrainer", {**_LINEAR, "b_dec": "bias"}),
    "AutoEncoderNew": PeerClass(
        "standard", "StandardTrainerAprilUpdate", {**_LINEAR, "b_dec": "decoder.bias"}, centres=False
    ),
    "AutoEncoderTopK": PeerClass("topk", "TopKTrainer", {**_LINEAR, "b_dec": "b_dec"}, ("k", "threshold")),
    "BatchTopKSAE": PeerClass(
        "jumprelu",
        "BatchTopKTrainer",
        {**_LINEAR, "b_dec": "b_dec"},
        ("k", "threshold"),
        kind="BatchTopKSAE",
    ),
    "MatryoshkaBatchTopKSAE": PeerClass(
        "jumprelu",
        "MatryoshkaBatchTopKTrainer",
        _PLAIN,
        ("k", "threshold", "group_sizes"),
        kind="MatryoshkaSAE",
    ),
    "JumpReluAutoEncoder": PeerClass(
        "jumprelu", "JumpReluTrainer", {**_PLAIN, "threshold": "threshold"}, centres=False
    ),
    "GatedAutoEncoder": PeerClass("gated", "GatedSAETrainer", _GATED),
}
