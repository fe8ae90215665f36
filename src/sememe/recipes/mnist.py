"""The main job: the network of the series and a small CNN on MNIST, their neurons and dictionaries."""

from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration, Sweep


def mnist(*, quick: bool = False, seed: int = 0) -> RunConfiguration:
    """Four layers, six kinds of units each.

    On the two narrow layers of the MLP (16 neurons) dictionaries have 64 components, on ``conv2`` and
    ``fc1`` 512. Each kind is swept over its sparsity, so that all can be compared where they reach the same
    fidelity. ``quick`` fits on fewer images, with every other point of the sweeps left out.
    """
    return RunConfiguration(
        recipe="mnist",
        seed=seed,
        quick=quick,
        train_images=60_000 if not quick else 20_000,
        report_images=5_000,
        splice_images=2_000 if not quick else 1_000,
        networks=(
            NetworkPlan("digit_mlp", seed, ("hidden1", "hidden2")),
            NetworkPlan("digit_cnn", seed, ("conv2", "fc1"), positions_per_image=4),
        ),
        layers=(
            LayerPlan("digit_mlp", "hidden1", _narrow(seed, quick), "TopKSAE-k4", (4.0,)),
            LayerPlan("digit_mlp", "hidden2", _narrow(seed, quick), "TopKSAE-k4", (4.0,)),
            LayerPlan("digit_cnn", "conv2", _wide(seed, quick), "TopKSAE-k8", (8.0,)),
            LayerPlan("digit_cnn", "fc1", _wide(seed, quick), "TopKSAE-k8", (8.0,)),
        ),
        encoder_seed=seed + 1000,
        replicates=500 if not quick else 200,
    )


def _narrow(seed: int, quick: bool) -> tuple[Sweep, ...]:
    """For a layer of 16 neurons."""
    return _sweeps(
        n_components=64,
        k=(1, 2, 3, 4, 6, 8) if not quick else (2, 4, 8),
        neurons_k=(1, 2, 4, 6, 8, 10, 12, 16) if not quick else (2, 4, 8, 16),
        l1=(0.3, 0.1, 0.03, 0.01) if not quick else (0.1, 0.01),
        seed=seed,
        epochs=10,
    )


def _wide(seed: int, quick: bool) -> tuple[Sweep, ...]:
    """For a layer of some dozens to hundreds of neurons."""
    return _sweeps(
        n_components=512,
        k=(2, 4, 8, 16, 32) if not quick else (4, 8, 32),
        neurons_k=(2, 4, 8, 16, 32, 64) if not quick else (8, 32, 64),
        l1=(0.1, 0.03, 0.01, 0.003) if not quick else (0.03, 0.003),
        seed=seed,
        epochs=10,
    )


def _sweeps(
    n_components: int,
    k: tuple[int, ...],
    neurons_k: tuple[int, ...],
    l1: tuple[float, ...],
    seed: int,
    epochs: int,
) -> tuple[Sweep, ...]:
    wide = (("n_components", n_components), ("random_state", seed))
    trained = (*wide, ("n_epochs", epochs))
    return (
        Sweep("neurons", "Neurons", "neurons", "k", neurons_k),
        Sweep("TopK SAE", "TopKSAE", "features", "k", k, trained),
        Sweep("L1 SAE", "L1SAE", "features", "l1_coefficient", l1, trained),
        Sweep("random directions", "RandomDictionary", "control", "k", k, wide),
        Sweep("stored activations", "StoredActivations", "control", "k", k, wide),
        Sweep("PCA", "PCA", "control", "k", neurons_k, (("random_state", seed),)),
    )
