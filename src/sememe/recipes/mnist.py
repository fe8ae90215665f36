"""The main job: the network of the series and a small CNN on MNIST, their neurons and dictionaries."""

from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration, Sweep


def mnist(*, quick: bool = False, seed: int = 0) -> RunConfiguration:
    """Four layers, six kinds of units each.

    On the two narrow layers of the MLP (16 neurons) dictionaries have 64 components, on ``conv2`` and
    ``fc1`` 512. Each kind is swept over its sparsity, so that all can be compared where they reach the same
    fidelity. ``quick`` looks at one layer of each network, fits and reports on fewer images, and leaves every
    other point of the sweeps out.
    """
    # All positions of an image go through a dictionary to splice it, so a map of 100 gets fewer images.
    spliced = 2_500 if not quick else 500
    narrow = _narrow(seed, quick)
    hidden1, hidden2 = (
        LayerPlan("digit_mlp", layer, title, 16, spliced, narrow, "TopKSAE-k4", (4.0,))
        for layer, title in (("hidden1", "the first hidden layer"), ("hidden2", "the second hidden layer"))
    )
    conv2 = _wide("conv2", "the second convolution", 32, spliced // 10, seed, quick)
    fc1 = _wide("fc1", "the layer before the output", 128, spliced, seed, quick)
    layers = (hidden1, hidden2, conv2, fc1) if not quick else (hidden1, fc1)
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
        report_images=5_000 if not quick else 2_500,
        networks=(
            NetworkPlan("digit_mlp", series, seed, of_mlp),
            NetworkPlan("digit_cnn", small, seed, of_cnn, positions_per_image=4),
        ),
        layers=layers,
        encoder_seed=seed + 1000,
        replicates=100,
    )


def _narrow(seed: int, quick: bool) -> tuple[Sweep, ...]:
    """For a layer of 16 neurons."""
    return _sweeps(
        n_components=64,
        k=(1, 2, 4, 8, 12) if not quick else (4, 8),
        neurons_k=(1, 2, 4, 8, 12, 16) if not quick else (2, 8, 16),
        l1=(3, 1, 0.3, 0.1) if not quick else (1, 0.3),
        steps=400 if not quick else 150,
        seed=seed,
    )


def _wide(layer: str, title: str, n_neurons: int, splice_images: int, seed: int, quick: bool) -> LayerPlan:
    """For a layer of dozens to hundreds of neurons."""
    neurons_k = (4, 8, 16, 32, 64, 128) if not quick else (8, 32, 128)
    sweeps = _sweeps(
        n_components=512,
        k=(4, 8, 16, 32) if not quick else (8, 32),
        neurons_k=tuple(k for k in neurons_k if k <= n_neurons),
        l1=(3, 1, 0.3, 0.1) if not quick else (1, 0.3),
        steps=600 if not quick else 200,
        seed=seed,
    )
    return LayerPlan("digit_cnn", layer, title, n_neurons, splice_images, sweeps, "TopKSAE-k8", (8.0,))


def _sweeps(
    n_components: int,
    k: tuple[int, ...],
    neurons_k: tuple[int, ...],
    l1: tuple[float, ...],
    steps: int,
    seed: int,
) -> tuple[Sweep, ...]:
    size = (("n_components", n_components), ("random_state", seed))
    trained = (*size, ("max_steps", steps))
    return (
        Sweep("neurons", "Neurons", "neurons", "k", neurons_k),
        Sweep("TopK SAE", "TopKSAE", "features", "k", k, trained),
        Sweep("L1 SAE", "L1SAE", "features", "l1_coefficient", l1, trained),
        Sweep("random directions", "RandomDictionary", "control", "k", k, size),
        Sweep("stored activations", "StoredActivations", "control", "k", k, size),
        Sweep("PCA", "PCA", "control", "k", neurons_k),
    )
