"""What a network sees in a drawing: its layers, a dictionary's codes, and what edits of units change.

The edit of a component keeps what the dictionary fails to reconstruct: ``x' = x + sum_j (c'_j - c_j) d_j``,
so that a change at the output is the edit's and not the dictionary's. With ``keep_error`` off, ``x_hat``
takes the place of ``x`` and the error shows.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from sememe.errors import RunError
from sememe.explorer.live.network import LiveNetwork, softmax
from sememe.explorer.live.question import Edit, Question
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.images import as_mnist

# Components that are looked at one by one, the strongest of those that fire.
MOST_UNITS = 64

Array = np.ndarray
Items = Float32[np.ndarray, "items neurons"]


@dataclass(frozen=True, eq=False)
class Answer:
    """All that the Draw page shows after a stroke. Of a map, ``items`` are its positions, row by row."""

    number: int
    image: UInt8[np.ndarray, "28 28"]  # what the network was given
    layers: dict[str, Array]  # activations by layer: (neurons,), or (neurons, rows, columns)
    layers_after: dict[str, Array]  # the same with the edits, from the edited layer on; empty without edits
    units: Int64[np.ndarray, " shown"]  # components that fire, strongest first
    strength: Float32[np.ndarray, " components"]  # each component's code, summed over a map
    strength_after: Float32[np.ndarray, " components"]  # with the edits
    maps: Float32[np.ndarray, "shown rows columns"] | None  # codes of the units, where there is a map
    edges: Float32[np.ndarray, "shown neurons"]  # encoder weight x activation, summed over where it fires
    unit_effects: Float32[np.ndarray, "shown classes"]  # logits lost when the unit is ablated
    neuron_effects: Float32[np.ndarray, "neurons classes"]  # likewise
    logits: Float32[np.ndarray, " classes"]
    logits_spliced: Float32[np.ndarray, " classes"]  # with the reconstruction in the layer's place
    logits_after: Float32[np.ndarray, " classes"]  # with the edits; without any, the same as `logits`
    probabilities: Float32[np.ndarray, " classes"]
    probabilities_spliced: Float32[np.ndarray, " classes"]
    probabilities_after: Float32[np.ndarray, " classes"]
    error: float  # share of the activation's squared distance from the layer's mean that is not reconstructed
    firing: float  # components firing an item


def answer(run: RunData, question: Question) -> Answer:
    """Look at one drawing.

    Raises:
        NotThere: the run has no such layer or unit set.
        RunError: the network cannot be drawn for, or an edit names a unit that is not there.
    """
    layer = run.layer(question.layer)
    unit_set = layer.unit_set(question.unit_set)
    if unit_set.elsewhere is not None:
        raise RunError(unit_set.elsewhere)
    network = network_of(layer)
    image = as_mnist(question.pixels) if question.fit else question.pixels
    found = network.forward(image[None].astype(np.float32) / np.float32(255))
    return _Look(network, layer, unit_set, found, question.edits, question.keep_error).answer(
        question.number, image
    )


def network_of(layer: LayerData) -> LiveNetwork:
    """The network of a layer that one can draw for.

    Raises:
        RunError: it is another than the digit networks.
    """
    network = layer.run.network(layer.network)
    if network is None or layer.layer not in network.layer_names:
        raise RunError(
            f"Layer {layer.key} cannot be drawn for: live drawing knows the digit networks' own layers."
        )
    return network


@dataclass(frozen=True, eq=False)
class _Look:
    """One forward pass, seen at one layer through one dictionary."""

    network: LiveNetwork
    layer: LayerData
    unit_set: UnitSetData
    found: dict[str, Array]
    edits: tuple[Edit, ...]
    keep_error: bool

    def answer(self, number: int, image: UInt8[np.ndarray, "28 28"]) -> Answer:
        dictionary = self.unit_set.dictionary
        activation = self.found[self.layer.layer]
        shape = activation.shape
        x = activation.reshape(-1, shape[-1])
        codes = dictionary.codes(x)
        x_hat = dictionary.decode(codes)
        x_after, codes_after = self._edited(x, x_hat, codes)
        changed = bool(self.edits) or not self.keep_error
        onward = self.network.onward(self.layer.layer, x_after.reshape(shape)) if changed else {}
        logits = self.found[self.network.layer_names[-1]][0]
        after = onward.get(self.network.layer_names[-1], logits[None])[0]
        spliced = self.network.logits_from(self.layer.layer, x_hat.reshape(shape))[0]
        strength = codes.sum(axis=0)
        size = np.abs(codes).sum(axis=0)
        units = np.argsort(-size, kind="stable")[: min(MOST_UNITS, int(np.count_nonzero(size)))]
        mean = self.layer.items.mean.astype(np.float32)
        spread = float(np.square(x - mean).sum())
        return Answer(
            number=number,
            image=image,
            layers=_by_neuron(self.found),
            layers_after=_by_neuron({self.layer.layer: x_after.reshape(shape), **onward}) if changed else {},
            units=units,
            strength=strength,
            strength_after=codes_after.sum(axis=0),
            maps=None if len(shape) == 2 else codes[:, units].T.reshape(-1, *shape[1:3]),
            edges=self._edges(x, codes, units),
            unit_effects=self._effects(x, codes[:, units], dictionary.components_[units], shape, logits),
            neuron_effects=self._effects(x, x, np.eye(shape[-1], dtype=np.float32), shape, logits),
            logits=logits,
            logits_spliced=spliced,
            logits_after=after,
            probabilities=softmax(logits),
            probabilities_spliced=softmax(spliced),
            probabilities_after=softmax(after),
            error=float(np.square(x - x_hat).sum()) / spread if spread else 0.0,
            firing=float(np.count_nonzero(codes)) / len(codes),
        )

    def _edited(self, x: Items, x_hat: Items, codes: Array) -> tuple[Array, Array]:
        """The activation with the edits, and the codes then; components are edited before neurons."""
        after = codes
        features = [edit for edit in self.edits if edit.of == "features"]
        neurons = [edit for edit in self.edits if edit.of == "neurons"]
        edited = x if self.keep_error else x_hat
        if features:
            after = codes.copy()
            for edit in features:
                self._check(edit, codes.shape[1])
                after[:, edit.unit] = edit.apply(after[:, edit.unit])
            touched = sorted({edit.unit for edit in features})
            atoms = self.unit_set.components[touched]
            edited = edited + (after[:, touched] - codes[:, touched]) @ atoms
        if neurons:
            edited = edited.copy()
            for edit in neurons:
                self._check(edit, x.shape[1])
                edited[:, edit.unit] = edit.apply(edited[:, edit.unit])
            after = self.unit_set.dictionary.codes(edited)
        return edited, after

    def _check(self, edit: Edit, n_units: int) -> None:
        if edit.unit >= n_units:
            raise RunError(f"There are {n_units} {edit.of} here, so none has the number {edit.unit}.")

    def _edges(self, x: Items, codes: Array, units: Int64[np.ndarray, " shown"]) -> Array:
        """What each neuron gives to each unit: weight x activation, summed over where the unit fires."""
        dictionary = self.unit_set.dictionary
        reads = dictionary.components_ if dictionary.encoder is None else dictionary.encoder
        seen = (codes[:, units] != 0).astype(np.float32).T @ x
        edges: Array = reads[units] * seen
        return edges

    def _effects(
        self,
        x: Items,
        codes: Float32[np.ndarray, "items units"],
        atoms: Float32[np.ndarray, "units neurons"],
        shape: tuple[int, ...],
        logits: Float32[np.ndarray, " classes"],
    ) -> Float32[np.ndarray, "units classes"]:
        """Logits as they are less those without each unit: exact by the weights where the way is linear."""
        weights = self.network.logit_weights(self.layer.layer)
        if weights is not None:
            direct: Array = codes.sum(axis=0)[:, None] * (atoms @ weights.T)
            return direct
        n_units = codes.shape[1]
        if not n_units:
            return np.zeros((0, len(logits)), np.float32)
        without = x[None] - codes.T[:, :, None] * atoms[:, None, :]
        logits_without = self.network.logits_from(self.layer.layer, without.reshape(n_units, *shape[1:]))
        measured: Array = logits - logits_without
        return measured


def _by_neuron(found: dict[str, Array]) -> dict[str, Array]:
    """One image's activations, maps by neuron; what is no layer of neurons is left out."""
    return {
        name: values[0] if values.ndim == 2 else np.moveaxis(values[0], -1, 0)
        for name, values in found.items()
        if name not in ("pool", "logits")
    }
