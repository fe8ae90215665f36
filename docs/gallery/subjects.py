"""What the pictures show: units of real layers, found in networks that are trained here.

Units are neurons and the components of a TopK dictionary, of ``fc1`` of the digit CNN and of ``hidden1`` of
the digit MLP, together in one wide matrix of codes: a measure scores each column for itself. Concepts are
chosen on the first half of MNIST's test images, and everything shown and scored is on the second half.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from torch import nn

from sememe import activations, dictionaries, images, measures, networks
from sememe.images.concepts import Concepts, concept_bank, morphometry

LEAST_FIRINGS = 100
"""Units that fire on fewer images are not shown: a handful says little."""


@dataclass(frozen=True)
class Layer:
    """A layer, its dictionary, and what both give on the two halves of the test images."""

    net: nn.Module
    name: str
    network: str
    dictionary: dictionaries.Dictionary
    fitted: np.ndarray
    choosing: np.ndarray
    """Activations on the half on which concepts are chosen."""
    shown: np.ndarray
    """Activations on the half that is shown and scored."""

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Neurons, then components."""
        return np.concatenate([values, np.asarray(self.dictionary.transform(values))], axis=1)

    @property
    def names(self) -> list[str]:
        place = f"{self.name} of the {self.network}"
        return [f"neuron {n} of {place}" for n in range(self.shown.shape[1])] + [
            f"component {n} of {place}" for n in range(self.dictionary.components_.shape[0])
        ]


class Subjects:
    """Everything that is trained or computed for the pictures, each once and when it is first asked for."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        test = images.mnist("test")
        self.train, self.choosing, self.shown = images.mnist("train"), test[:5000], test[5000:]
        self.labels = np.asarray(self.shown.labels)

    @cached_property
    def fc1(self) -> Layer:
        net = self._trained(networks.digit_cnn(seed=self.seed))
        sae = dictionaries.TopKSAE(n_components=512, k=8, max_steps=600, random_state=self.seed)
        return self._layer(net, "fc1", "digit CNN", sae)

    @cached_property
    def other_fc1(self) -> Layer:
        """The same layer of a network of another seed."""
        net = self._trained(networks.digit_cnn(seed=self.seed + 1))
        sae = dictionaries.TopKSAE(n_components=512, k=8, max_steps=600, random_state=self.seed + 1)
        return self._layer(net, "fc1", "other digit CNN", sae)

    @cached_property
    def hidden1(self) -> Layer:
        net = self._trained(networks.digit_mlp(seed=self.seed))
        sae = dictionaries.TopKSAE(n_components=64, k=4, max_steps=400, random_state=self.seed)
        return self._layer(net, "hidden1", "digit MLP", sae)

    def _trained(self, net: Any) -> Any:
        networks.train(net, self.train, seed=self.seed)
        return net

    def _layer(self, net: Any, name: str, network: str, dictionary: Any) -> Layer:
        fitted, choosing, shown = (
            np.asarray(activations.harvest(net, some, layer=name).values)
            for some in (self.train[:20_000], self.choosing, self.shown)
        )
        return Layer(net, name, network, dictionary.fit(fitted), fitted, choosing, shown)

    @cached_property
    def names(self) -> list[str]:
        """Of all units."""
        return self.fc1.names + self.hidden1.names

    @cached_property
    def codes(self) -> np.ndarray:
        """``(images, units)`` of all units on what is shown."""
        return np.concatenate([layer.codes(layer.shown) for layer in (self.fc1, self.hidden1)], axis=1)

    @cached_property
    def often(self) -> np.ndarray:
        """Which units fire often enough to be shown, and not always: a sigmoid is never silent."""
        share = (self.codes != 0).mean(axis=0)
        return share * len(self.codes) >= LEAST_FIRINGS

    @cached_property
    def encoder(self) -> Any:
        return self._trained(networks.independent_encoder(seed=self.seed + 1000))

    @cached_property
    def embeddings(self) -> np.ndarray:
        return networks.embed(self.encoder, self.shown)

    @cached_property
    def choosing_embeddings(self) -> np.ndarray:
        return networks.embed(self.encoder, self.choosing)

    @cached_property
    def _bank(self) -> Concepts:
        """Of the images on which concepts are chosen; those that are common enough to be chosen."""
        return concept_bank(self.choosing).common(50)

    @cached_property
    def concepts(self) -> Concepts:
        """The same concepts of the images that are shown; terciles are those of the others."""
        bank = concept_bank(self.shown, reference=morphometry(self.choosing))
        columns = [bank.names.index(name) for name in self._bank.names]
        return Concepts(self._bank.names, bank.values[:, columns], self._bank.groups)

    @cached_property
    def chosen(self) -> np.ndarray:
        """The concept of every unit, chosen on the other half."""
        codes = [layer.codes(layer.choosing) for layer in (self.fc1, self.hidden1)]
        return measures.choose_concepts(np.concatenate(codes, axis=1), self._bank.values)

    def best_concept(self, codes: np.ndarray) -> np.ndarray:
        """The concept of units of any codes of those images; -1 where one never fires."""
        return measures.choose_concepts(codes, self._bank.values)[0]

    def ends(self, scores: np.ndarray) -> tuple[int, int]:
        """The units that score highest and lowest, of those that fire often enough."""
        usable = self.often & ~np.isnan(scores)
        return (
            int(np.where(usable, scores, -np.inf).argmax()),
            int(np.where(usable, scores, np.inf).argmin()),
        )
