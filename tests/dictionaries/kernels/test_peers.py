"""Others' own training steps beside ours, in an environment of theirs: ``benchmarks/time_to_fvu.py``."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
INTERPRETER = os.environ.get("SEMEME_PEERS_PYTHON")

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(INTERPRETER is None, reason="SEMEME_PEERS_PYTHON names no interpreter"),
]


@pytest.fixture(scope="module")
def held_out_fvu(tmp_path_factory) -> dict[str, np.ndarray]:
    """Of everyone, after every 10 of 100 steps from the same start on the same batches."""
    assert INTERPRETER is not None
    curves = tmp_path_factory.mktemp("curves") / "curves.json"
    command = [INTERPRETER, ROOT / "benchmarks" / "time_to_fvu.py", "--work", "small", "--seeds", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([*command, "--json", curves], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(curves.read_text())["small"][0]
    return {name: np.array(curve["fvu"]) for name, curve in found.items()}


def test_all_of_them_take_part(held_out_fvu):
    assert {"sparsify", "SAELens", "overcomplete", "dictionary_learning"} < set(held_out_fvu)


def test_held_out_fvu_of_everyone_falls_by_a_fifth(held_out_fvu):
    for name, fvu in held_out_fvu.items():
        assert np.isfinite(fvu).all(), name
        assert (np.diff(fvu) < 0).all(), name
        assert fvu[-1] < 0.8 * fvu[0], name


def test_the_same_start_is_the_same_reconstruction(held_out_fvu):
    begun = [fvu[0] for fvu in held_out_fvu.values()]
    np.testing.assert_allclose(begun, begun[0], rtol=1e-4)


def test_ours_learns_what_plain_torch_learns(held_out_fvu):
    plain = held_out_fvu["the same in plain torch"]
    np.testing.assert_allclose(held_out_fvu["Sememe"], plain, rtol=0.01)
