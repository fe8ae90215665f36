"""What the tests of the commands share."""

import sys

import numpy as np
import pytest
from jaxtyping import config

from sememe import activations, networks
from sememe.activations import planted
from sememe.images import ImageSet


@pytest.fixture
def command(monkeypatch, capsys):
    """Runs a command line as the shell does: exit code, what it printed, what it said of errors."""
    from sememe import cli

    monkeypatch.setattr(config, "jaxtyping_disable", True)  # values of a wrong kind get a user's sentence

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sememe", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def refused(command):
    """Runs a command that must end with exit code 2 and one sentence, which it gives."""

    def run(*arguments: object) -> str:
        code, _, said = command(*arguments)
        assert code == 2, said
        assert said.startswith("sememe: ")
        assert said.count("\n") == 1
        return said

    return run


@pytest.fixture(scope="session")
def array(tmp_path_factory):
    """1,500 items of 16 planted components in 8 neurons, as an .npy file."""
    path = tmp_path_factory.mktemp("array") / "items.npy"
    np.save(path, planted(1500, 8, 16, active=2.0, seed=1).values)
    return path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """120 random images of 3 classes as an .npz archive."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("pictures") / "pictures.npz"
    np.savez(path, images=rng.integers(0, 256, (120, 28, 28), dtype=np.uint8), labels=np.arange(120) % 3)
    return path


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """The folder of a saved network."""
    folder = tmp_path_factory.mktemp("network") / "digit_mlp"
    networks.save(networks.digit_mlp(seed=0), folder)
    return folder


@pytest.fixture(scope="session")
def many_positions(tmp_path_factory):
    """A store in which each of 40 images has 9 items, and the numbers of the images begin at 0."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (40, 28, 28), dtype=np.uint8)
    net = networks.digit_cnn(seed=0)
    folder = tmp_path_factory.mktemp("store") / "conv1"
    activations.harvest(net, ImageSet(pixels), "conv1", positions_per_image=9, to=folder)
    return folder
