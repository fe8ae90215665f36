"""A store is streamed: what a learn needs in memory does not depend on how large the store is."""

import os
import subprocess
import sys

import pytest

# Learns from a small store, so that all code is loaded, then from the large one; prints by how many MiB the
# most memory that the process ever had has grown, and that most memory.
LEARN = """
import resource, sys
from pathlib import Path
import numpy as np
from sememe.activations import Activations, Moments, save
from sememe.cli import app

def store(path, mebibytes, neurons=128):
    n = (mebibytes << 20) // (4 * neurons)
    # Every item is a window on the same noise: nothing of this size is ever in memory.
    noise = np.random.default_rng(0).standard_normal(n + neurons - 1, dtype=np.float32)
    values = np.lib.stride_tricks.sliding_window_view(noise, neurons)
    moments = Moments(n, np.zeros(neurons), np.ones(neurons))
    save(Activations(values, np.arange(n) // 9, None, "noise", "none", None, None, moments), path)

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)

def learn(name, setting):
    options = ["--held-out", "2000", "--n-components", "256", "--set", "batch_size=4096", "--set", setting]
    line = ["learn", str(folder / name), "--to", str(folder / f"of-{name}"), *options]
    app(line, result_action="return_value")

folder = Path(sys.argv[1])
store(folder / "small", 4)
store(folder / "large", int(sys.argv[2]))
learn("small", "max_steps=8")
before = peak()
learn("large", sys.argv[3])
print(peak() - before, peak())
"""


def memory_of_a_learn(folder, mebibytes: int, setting: str) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", LEARN, str(folder), str(mebibytes), setting],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    added, peak = done.stdout.splitlines()[-1].split()
    return int(added), int(peak)


def test_a_learn_takes_less_memory_than_its_store(tmp_path):
    added, _ = memory_of_a_learn(tmp_path, 640, "max_steps=60")
    assert added < 540


@pytest.mark.slow
def test_a_whole_pass_over_a_large_store_stays_far_below_its_size(tmp_path):
    added, peak = memory_of_a_learn(tmp_path, 3072, "n_epochs=1")
    assert added < 800
    assert peak < 2048
