"""What a network sees in a drawing: its layers, a dictionary's codes, and what edits of units change.

The edit of a component keeps what the dictionary fails to reconstruct: ``x' = x + sum_j (c'_j - c_j) d_j``,
so that a change at the output is the edit's and not the dictionary's. With ``keep_error`` off, ``x_hat``
takes the place of ``x`` and the error shows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int64, UInt8

from sememe.errors import RunError
from sememe.explorer.live.network import LiveNetwork, softmax
from sememe.explorer.live.question import Edit, Question
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.images import as_mnist

# Components that are looked at one by one, the strongest of those that fire.
MOST_UNITS = 64
# Further ones, that fire only with the edits.
MOST_SWITCHED = 8

Array = np.ndarray
Items = Float32[np.ndarray, "items neurons"]


@dataclass(frozen=True, eq=False)
class Answer:
    """All that the Draw page shows after a stroke. Of a map, ``items`` are its positions, row by row.

    What ends in ``_after`` is with the edits; an optional one is None where nothing is edited.
    """

    number: int
    image: UInt8[np.ndarray, "28 28"]  # what the network was given
    layers: dict[str, Array]  # activations by layer: (neurons,), or (neurons, rows, columns)
    layers_after: dict[str, Array]  # the same, from the edited layer on; empty without edits
    units: Int64[np.ndarray, " shown"]  # components that fire, strongest first; then those switched on
    strength: Float32[np.ndarray, " components"]  # each component's code, summed over a map
    strength_after: Float32[np.ndarray, " components"]
    maps: Float32[np.ndarray, "shown rows columns"] | None  # codes of the units, where there is a map
    maps_after: Float32[np.ndarray, "shown rows columns"] | None
    edges: Float32[np.ndarray, "shown neurons"]  # encoder weight x activation, summed over where it fires
    edges_after: Float32[np.ndarray, "shown neurons"] | None  # 0 to a unit whose value is given by hand
    unit_effects: Float32[np.ndarray, "shown classes"]  # logits lost when the unit is ablated
    unit_effects_after: Float32[np.ndarray, "shown classes"] | None
    neuron_effects: Float32[np.ndarray, "neurons classes"]  # likewise
    neuron_effects_after: Float32[np.ndarray, "neurons classes"] | None
    logits: Float32[np.ndarray, " classes"]
    logits_spliced: Float32[np.ndarray, " classes"]  # with the reconstruction in the layer's place
    logits_after: Float32[np.ndarray, " classes"]  # without edits, the same as `logits`
    probabilities: Float32[np.ndarray, " classes"]
    probabilities_spliced: Float32[np.ndarray, " classes"]
    probabilities_after: Float32[np.ndarray, " classes"]
    error: float  # share of the activation's squared distance from the layer's mean that is not reconstructed
    firing: float  # components firing an item
    firing_after: float


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


class _Parts(NamedTuple):
    """The parts of an answer that say what single units do, as `Answer` has them."""

    maps: Array | None
    edges: Array
    unit_effects: Array
    neuron_effects: Array


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
        units = _shown(codes, codes_after)
        mean = self.layer.items.mean.astype(np.float32)
        spread = float(np.square(x - mean).sum())
        now = self._parts(x, x, codes, units, shape, logits)
        later = None
        if changed:
            # What a unit is given comes from what was encoded: the edited neurons, but not the edited units.
            read = x_after if any(edit.of == "neurons" for edit in self.edits) else x
            later = self._parts(x_after, read, codes_after, units, shape, after)
            by_hand = [edit.unit for edit in self.edits if edit.of == "features" and edit.how != "steer"]
            later.edges[np.isin(units, by_hand)] = 0
        return Answer(
            number=number,
            image=image,
            layers=_by_neuron(self.found),
            layers_after=_by_neuron({self.layer.layer: x_after.reshape(shape), **onward}) if changed else {},
            units=units,
            strength=codes.sum(axis=0),
            strength_after=codes_after.sum(axis=0),
            maps=now.maps,
            maps_after=later.maps if later else None,
            edges=now.edges,
            edges_after=later.edges if later else None,
            unit_effects=now.unit_effects,
            unit_effects_after=later.unit_effects if later else None,
            neuron_effects=now.neuron_effects,
            neuron_effects_after=later.neuron_effects if later else None,
            logits=logits,
            logits_spliced=spliced,
            logits_after=after,
            probabilities=softmax(logits),
            probabilities_spliced=softmax(spliced),
            probabilities_after=softmax(after),
            error=float(np.square(x - x_hat).sum()) / spread if spread else 0.0,
            firing=float(np.count_nonzero(codes)) / len(codes),
            firing_after=float(np.count_nonzero(codes_after)) / len(codes),
        )

    def _parts(
        self,
        x: Items,
        read: Items,
        codes: Array,
        units: Int64[np.ndarray, " shown"],
        shape: tuple[int, ...],
        logits: Float32[np.ndarray, " classes"],
    ) -> _Parts:
        """What the units and the neurons do in the activation `x`; `read` is what was encoded."""
        own = codes[:, units]
        return _Parts(
            None if len(shape) == 2 else own.T.reshape(-1, *shape[1:3]),
            self._edges(read, own, units),
            self._effects(x, own, self.unit_set.components[units], shape, logits),
            self._effects(x, x, np.eye(shape[-1], dtype=np.float32), shape, logits),
        )

    def _edited(self, x: Items, x_hat: Items, codes: Array) -> tuple[Array, Array]:
        """The activation with the edits, and the codes then; components are edited before neurons.

        Edited neurons are encoded again; a component that is held stays at what it is held at.
        """
        after = codes
        features = [edit for edit in self.edits if edit.of == "features"]
        neurons = [edit for edit in self.edits if edit.of == "neurons"]
        edited = x if self.keep_error else x_hat
        touched = sorted({edit.unit for edit in features})
        if features:
            after = codes.copy()
            for edit in features:
                self._check(edit, codes.shape[1])
                after[:, edit.unit] = edit.apply(after[:, edit.unit])
            atoms = self.unit_set.components[touched]
            edited = edited + (after[:, touched] - codes[:, touched]) @ atoms
        if neurons:
            edited = edited.copy()
            for edit in neurons:
                self._check(edit, x.shape[1])
                edited[:, edit.unit] = edit.apply(edited[:, edit.unit])
            held = after[:, touched]
            after = self.unit_set.dictionary.codes(edited).copy()
            after[:, touched] = held
        return edited, after

    def _check(self, edit: Edit, n_units: int) -> None:
        if edit.unit >= n_units:
            raise RunError(f"There are {n_units} {edit.of} here, so none has the number {edit.unit}.")

    def _edges(self, x: Items, codes: Array, units: Int64[np.ndarray, " shown"]) -> Array:
        """What each neuron gives to each unit: weight x activation, summed over where the unit fires."""
        dictionary = self.unit_set.dictionary
        reads = dictionary.components_ if dictionary.encoder is None else dictionary.encoder
        seen = (codes != 0).astype(np.float32).T @ x
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


def _shown(codes: Array, after: Array) -> Int64[np.ndarray, " shown"]:
    """Components that fire, strongest first; then those that fire only with the edits."""
    size = np.abs(codes).sum(axis=0)
    units = np.argsort(-size, kind="stable")[: min(MOST_UNITS, int(np.count_nonzero(size)))]
    switched = np.where(size == 0, np.abs(after).sum(axis=0), 0)
    count = min(MOST_SWITCHED, int(np.count_nonzero(switched)))
    return np.concatenate([units, np.argsort(-switched, kind="stable")[:count]])


def _by_neuron(found: dict[str, Array]) -> dict[str, Array]:
    """One image's activations, maps by neuron; what is no layer of neurons is left out."""
    return {
        name: values[0] if values.ndim == 2 else np.moveaxis(values[0], -1, 0)
        for name, values in found.items()
        if name not in ("pool", "logits")
    }
