"""The main job: the network of the series and a small CNN on MNIST, their neurons and dictionaries."""

from dataclasses import dataclass
from typing import Any

from sememe.recipes.configuration import Effort, LayerPlan, NetworkPlan, RunConfiguration, Sweep
from sememe.recipes.digit_layers import DIGIT_LAYERS, RUN_STEPS, DigitLayer

Values = tuple[float, ...]


def mnist(*, quick: bool = False, seed: int = 0) -> RunConfiguration:
    """Four layers, and on each the neurons, two kinds of dictionary and thirteen controls.

    The dictionary of each layer is the one that stood highest on the development split (``digit_layers.py``),
    with about as many components as the layer has neurons: every doubling scattered concepts over more
    components, and scored lower on them. What it is compared with has four times as many where that makes it
    more faithful. Each kind is swept over its sparsity, so that all
    can be compared where they reach the same fidelity. ``quick`` looks at one layer of each network, on fewer
    images, and leaves out the second network and the controls that cost a training of their own.
    """
    planned = (_hidden1, _hidden2, _conv2, _fc1) if not quick else (_hidden1, _fc1)
    layers = tuple(plan(seed, quick) for plan in planned)
    series, small = "the network of the series, 784-16-16-10", "a small convolutional network"
    of_mlp, of_cnn = (
        tuple(plan.layer for plan in layers if plan.network == network)
        for network in ("digit_mlp", "digit_cnn")
    )
    return RunConfiguration(
        recipe="mnist",
        seed=seed,
        quick=quick,
        train_images=60_000 if not quick else 20_000,
        development_images=2_500 if not quick else 1_000,
        report_images=5_000 if not quick else 1_500,
        effort=Effort(
            map_images=1_500 if not quick else 0,
            exemplar_images=2_000 if not quick else 1_000,
            edited_images=100 if not quick else 50,
            scored_units=64 if not quick else 32,
            effect_images=24 if not quick else 12,
            simulated_items=1_500 if not quick else 500,
        ),
        networks=(
            NetworkPlan("digit_mlp", series, seed, of_mlp, second_seed=None if quick else seed + 1),
            NetworkPlan("digit_cnn", small, seed, of_cnn, positions_per_image=4),
        ),
        layers=layers,
        encoder_seed=seed + 1000,
        replicates=100,
    )


def _hidden1(seed: int, quick: bool) -> LayerPlan:
    swept = _Swept(
        layer=DIGIT_LAYERS["hidden1"],
        top_neurons=(4, 8, 10, 12),
        features=(4, 6, 8, 12),
        twins=(4, 6, 8),
        l1=(1, 0.3),
        rotated=(4, 8, 12),
        random=(4, 8, 12),
        stored=(4, 8, 12),
        pca=(4, 8, 12),
        nmf=(8, 12),
        frozen=(12,),
        untrained=(8,),
        pixels=(8,),
    )
    sweeps = swept.sweeps(seed, quick)
    return LayerPlan("digit_mlp", "hidden1", "the first hidden layer", 16, 0, sweeps, swept.shown(6), (4.0,))


def _hidden2(seed: int, quick: bool) -> LayerPlan:
    swept = _Swept(
        layer=DIGIT_LAYERS["hidden2"],
        top_neurons=(4, 8, 12, 14),
        features=(2, 4, 6, 8),
        twins=(2, 4, 6),
        l1=(1, 0.3),
        rotated=(4, 8, 12),
        random=(4, 8, 12),
        stored=(2, 4),
        pca=(4, 8),
        nmf=(8, 12),
        frozen=(8,),
        untrained=(8,),
        pixels=(4,),
    )
    sweeps = swept.sweeps(seed, quick)
    return LayerPlan("digit_mlp", "hidden2", "the second hidden layer", 16, 0, sweeps, swept.shown(4), (4.0,))


def _conv2(seed: int, quick: bool) -> LayerPlan:
    swept = _Swept(
        layer=DIGIT_LAYERS["conv2"],
        top_neurons=(2, 3, 4, 8),
        features=(3, 4, 6),
        twins=(3, 4),
        l1=(0.1, 0.03),
        rotated=(8, 16, 24),
        random=(8, 12, 16),
        stored=(3, 4, 8),
        pca=(8, 12, 16),
        nmf=(16, 24),
        frozen=(16,),
        untrained=(8,),
        pixels=(8,),
    )
    sweeps = swept.sweeps(seed, quick)
    return LayerPlan("digit_cnn", "conv2", "the second convolution", 32, 60, sweeps, swept.shown(4), (4.0,))


def _fc1(seed: int, quick: bool) -> LayerPlan:
    swept = _Swept(
        layer=DIGIT_LAYERS["fc1"],
        top_neurons=(8, 32, 48),
        features=(8, 12, 16, 32),
        twins=(12, 16),
        l1=(1, 0.3),
        rotated=(8, 64, 96),
        random=(8, 32, 64),
        stored=(8, 16, 32),
        pca=(8, 16, 32),
        nmf=(32, 96),
        frozen=(64,),
        untrained=(32,),
        pixels=(16,),
    )
    sweeps = swept.sweeps(seed, quick)
    title = "the layer before the output"
    return LayerPlan("digit_cnn", "fc1", title, 128, 0, sweeps, swept.shown(16), (16.0,))


@dataclass(frozen=True)
class _Swept:
    """What is swept on one layer: for each kind the values between which the places of comparison lie."""

    layer: DigitLayer
    top_neurons: Values
    features: Values
    twins: Values
    l1: Values
    rotated: Values
    random: Values
    stored: Values
    pca: Values
    nmf: Values
    frozen: Values
    untrained: Values
    pixels: Values

    def shown(self, k: int) -> str:
        """The point whose features the report shows."""
        return f"{self.layer.dictionary}-k{k}"

    def sweeps(self, seed: int, quick: bool) -> tuple[Sweep, ...]:
        """The neurons, the dictionaries, the controls."""
        layer, steps = self.layer, ("max_steps", RUN_STEPS if not quick else RUN_STEPS // 3)
        size = (("n_components", layer.wide), ("random_state", seed))
        trained = (("n_components", layer.n_components), ("random_state", seed), steps)
        squares = (*size, ("codes", "least_squares"))
        passes = (("random_state", seed), ("n_epochs", 2))
        ica = (("random_state", seed), ("max_items", 4_000), ("max_iter", 200), ("tolerance", 0.05))
        rotation = (("random_state", seed),)
        few, components = 10_000, (layer.n_components, layer.wide)
        whole, same = (layer.neurons,), layer.dictionary

        def control(title: str, dictionary: str, values: Values, fixed: tuple = (), **more: Any) -> Sweep:
            parameter = "n_components" if dictionary in ("NMF", "KMeans", "CodebookVQ") else "k"
            return Sweep(title, dictionary, "control", parameter, values, fixed, **more)

        sweeps = (
            Sweep("neurons", "Neurons", "neurons", "k", whole, twins=whole),
            Sweep(layer.title, layer.dictionary, "features", "k", self.features, trained, twins=self.twins),
            Sweep("L1 SAE", "L1SAE", "features", "l1_coefficient", self.l1, trained),
            control("top neurons", "Neurons", self.top_neurons, name="TopNeurons", twins=self.top_neurons),
            control("rotated neurons", "RotatedNeurons", self.rotated, rotation, twins=self.rotated),
            control("random directions", "RandomDictionary", self.random, size, twins=self.random),
            control("random by least squares", "RandomDictionary", self.random, squares, name="LeastSquares"),
            control("stored activations", "StoredActivations", self.stored, size, twins=self.stored),
            control("PCA", "PCA", self.pca, twins=self.pca),
            control("ICA", "FastICA", self.rotated, ica),
            control("NMF", "NMF", self.nmf, passes, items=few),
            control("k-means", "KMeans", components, passes, items=few, twins=components),
            control("VQ codebook", "CodebookVQ", components, passes, items=few),
            control("frozen decoder", "FrozenDecoderSAE", self.frozen, trained),
            control("untrained network", same, self.untrained, trained, name="Untrained", source="untrained"),
            control("pixels", same, self.pixels, trained, name="Pixels", source="pixels"),
        )
        costly = ("ICA", "frozen decoder", "untrained network", "pixels", "VQ codebook")
        return sweeps if not quick else tuple(sweep for sweep in sweeps if sweep.title not in costly)
