"""What was found to stand highest on each layer of the digit networks: family and width of the dictionary.

Chosen on the development images and on seeds that no report uses, by ``sememe study monosemanticity
--development``; what it printed stands in ``docs/choice.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass

FAMILIES: Mapping[str, tuple[str, str]] = {
    "topk": ("TopK SAE", "TopKSAE"),
    "batchtopk": ("BatchTopK SAE", "BatchTopKSAE"),
    "matryoshka": ("Matryoshka SAE", "MatryoshkaSAE"),
    "pursuit": ("matching pursuit SAE", "MatchingPursuitSAE"),
    "archetypal": ("archetypal SAE", "ArchetypalSAE"),
    "jumprelu": ("JumpReLU SAE", "JumpReLUSAE"),
}
"""What a family is called on the command line, in tables, and in ``dictionaries.registry()``."""


@dataclass(frozen=True)
class DigitLayer:
    """The default dictionary of a layer, and how wide that is beside what it is compared with."""

    neurons: int
    family: str
    """Key of :data:`FAMILIES`."""
    n_components: int
    """About as many as neurons: wider dictionaries scatter a concept over many components."""
    wide: int
    """Of one dictionary and the controls once more, so that none is handicapped by the choice of width."""

    @property
    def title(self) -> str:
        """What people read in tables."""
        return FAMILIES[self.family][0]

    @property
    def dictionary(self) -> str:
        """Its name in ``dictionaries.registry()``."""
        return FAMILIES[self.family][1]


DIGIT_LAYERS: Mapping[str, DigitLayer] = {
    "hidden1": DigitLayer(neurons=16, family="archetypal", n_components=32, wide=64),
    "hidden2": DigitLayer(neurons=16, family="archetypal", n_components=16, wide=64),
    "conv2": DigitLayer(neurons=32, family="batchtopk", n_components=32, wide=128),
    "fc1": DigitLayer(neurons=128, family="batchtopk", n_components=128, wide=512),
}
STEPS = 1_200
"""Of a training on one of these layers."""
RUN_STEPS = 600
"""The same where somebody waits for it: as ``sememe run`` does, whose dictionaries lose a hundredth more."""
