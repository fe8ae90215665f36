"""The small network's layers, judged on planted images."""

import dataclasses

import pytest

from references.small_net import LIMITS, SmallNet, planted, split_of
from sememe import judging
from sememe.judging import Material, Split
from sememe.measures import resample


@pytest.fixture(scope="session")
def material() -> Material:
    return Material(
        exemplars=split_of(planted(120, 1)),
        development=split_of(planted(120, 2)),
        report=split_of(planted(160, 3)),
        resampling=resample(160, replicates=40, groups=40, seed=0),
    )


@pytest.fixture(scope="session")
def unlabelled(material) -> Material:
    def without(split: Split) -> Split:
        return Split(dataclasses.replace(split.images, labels=None, label_names=()), split.embeddings)

    return dataclasses.replace(
        material,
        exemplars=without(material.exemplars),
        development=without(material.development),
        report=without(material.report),
    )


@pytest.fixture(scope="session")
def net() -> SmallNet:
    return SmallNet()


@pytest.fixture(scope="session")
def hidden(net, material):
    return judging.subject(net, "hidden", material, limits=LIMITS, device="cpu")


@pytest.fixture(scope="session")
def conv(net, material):
    return judging.subject(net, "conv", material, limits=LIMITS, device="cpu", positions_per_image=2)
