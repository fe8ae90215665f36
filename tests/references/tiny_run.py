"""A whole run in seconds: one network, one layer, few images, every kind of stage.

As a program, ``python tiny_run.py FOLDER [STAGE]`` makes it, and kills itself with SIGKILL in the middle
of the stage whose number is given: no cleanup runs, as when the power goes.
"""

import os
import signal
import sys

from sememe.recipes.configuration import Effort, LayerPlan, NetworkPlan, RunConfiguration, Sweep
from sememe.runs import Silent, run


def tiny(seed: int = 0) -> RunConfiguration:
    size = (("n_components", 32), ("random_state", seed))
    trained = (*size, ("n_epochs", 2), ("batch_size", 256))
    sweeps = (
        Sweep("neurons", "Neurons", "neurons", "k", (16,), twins=(16,)),
        Sweep("TopK SAE", "TopKSAE", "features", "k", (2, 6), trained, twins=(2, 6)),
        Sweep("L1 SAE", "L1SAE", "features", "l1_coefficient", (0.1, 0.01), trained),
        Sweep("top neurons", "Neurons", "control", "k", (2, 8), name="TopNeurons", twins=(2,)),
        Sweep("random directions", "RandomDictionary", "control", "k", (2, 6), size, twins=(2, 6)),
        Sweep("stored activations", "StoredActivations", "control", "k", (2, 6), size),
        Sweep("PCA", "PCA", "control", "k", (2, 8)),
        Sweep("untrained network", "TopKSAE", "control", "k", (6,), trained, "Untrained", "untrained"),
        Sweep("pixels", "TopKSAE", "control", "k", (6,), trained, "Pixels", "pixels", items=500),
    )
    plan = NetworkPlan(
        "digit_mlp", "a tiny run's network", seed, ("hidden1",), epochs=2, second_seed=seed + 1
    )
    return RunConfiguration(
        recipe="tiny",
        seed=seed,
        quick=True,
        train_images=1500,
        development_images=200,
        report_images=300,
        effort=Effort(
            map_images=0,
            exemplar_images=200,
            edited_images=30,
            scored_units=20,
            effect_images=4,
            simulated_items=100,
        ),
        networks=(plan,),
        layers=(LayerPlan("digit_mlp", "hidden1", "its first layer", 16, 0, sweeps, "TopKSAE-k2", (2.0,)),),
        encoder_seed=seed + 1000,
        encoder_epochs=1,
        replicates=50,
        gallery_units=3,
    )


class KillsItself(Silent):
    """Dies in the middle of one stage, at the first sign of progress past the middle, or at its start."""

    def __init__(self, stage: int) -> None:
        self._stage = stage
        self._current = 0

    def begin(self, title, number, of, remaining):
        self._current = number

    def progress(self, fraction, note):
        if self._current == self._stage and fraction >= 0.4:
            os.kill(os.getpid(), signal.SIGKILL)

    def end(self, seconds, result):
        if self._current == self._stage:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    run(tiny(), sys.argv[1], device="cpu", reporter=KillsItself(int(sys.argv[2]) if len(sys.argv) > 2 else 0))
