"""The main job: the network of the series and a small CNN on MNIST, their neurons and their dictionaries."""

from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration, Sweep


def mnist(*, quick: bool = False, seed: int = 0) -> RunConfiguration:
    """Four layers, six kinds of units each.

    On the two narrow layers of the MLP (16 neurons) dictionaries have 64 components, on ``conv2`` and ``fc1``
    512. Each kind is swept over its sparsity, so that all can be compared where they reach the same fidelity.
    ``quick`` fits on fewer images, with every other point of the sweeps left out.
    """
    narrow = (1, 2, 3, 4, 8) if not quick else (2, 4)
    wide = (4, 8, 16, 32) if not quick else (8, 32)
    return RunConfiguration(
        recipe="mnist",
        seed=seed,
        quick=quick,
        train_images=60_000 if not quick else 20_000,
        report_images=5_000,
        splice_images=2_000 if not quick else 1_000,
        networks=(
            NetworkPlan("digit_mlp", seed, ("hidden1", "hidden2")),
            NetworkPlan("digit_cnn", seed, ("conv2", "fc1")),
        ),
        layers=(
            LayerPlan("digit_mlp", "hidden1", None, _sweeps(64, narrow, seed, quick), "TopKSAE-k4", (4.0,)),
            LayerPlan("digit_mlp", "hidden2", None, _sweeps(64, narrow, seed, quick), "TopKSAE-k4", (4.0,)),
            LayerPlan("digit_cnn", "conv2", 4, _sweeps(512, wide, seed, quick), "TopKSAE-k8", (8.0,)),
            LayerPlan("digit_cnn", "fc1", None, _sweeps(512, wide, seed, quick), "TopKSAE-k8", (8.0,)),
        ),
        encoder_seed=seed + 1000,
        replicates=500 if not quick else 200,
    )
