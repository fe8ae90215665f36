"""Kernels leave torch's threads as they were: its sums depend on how many there are."""

import numpy as np
import torch

from sememe.dictionaries import TopKSAE


def test_a_fit_leaves_the_number_of_threads_alone():
    before = torch.get_num_threads()
    TopKSAE(n_components=64, k=4, max_steps=3).fit(np.random.default_rng(0).random((4096, 128), np.float32))
    assert torch.get_num_threads() == before
