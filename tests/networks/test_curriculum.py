"""Which images are visited when."""

import numpy as np

from sememe.networks import TrainingRecipe
from sememe.networks.curriculum import Curriculum


def curriculum(n=10, **settings):
    return Curriculum(n, TrainingRecipe(**settings), np.random.default_rng(0))


def test_the_first_epoch_visits_every_image_once_in_batches_of_nearly_one_size():
    batches = list(curriculum(10, batch_size=4, focus=0.2).batches(0))
    assert sorted(np.concatenate(batches)) == list(range(10))
    assert [len(batch) for batch in batches] == [4, 3, 3]


def test_later_epochs_visit_the_hardest_share():
    images = curriculum(10, batch_size=2, focus=0.3)
    images.seen(np.arange(10), np.array([0.1, 5, 0.2, 0.3, 7, 0, 0, 6, 0, 0], dtype=np.float32))
    assert sorted(np.concatenate(list(images.batches(1)))) == [1, 4, 7]


def test_an_image_left_out_comes_back_when_it_has_become_one_of_the_hardest():
    images = curriculum(4, batch_size=4, focus=0.5)
    images.seen(np.arange(4), np.array([4, 3, 2, 1], dtype=np.float32))
    assert sorted(next(images.batches(1))) == [0, 1]
    images.seen(np.array([0, 1]), np.array([0.1, 0.2], dtype=np.float32))
    assert sorted(next(images.batches(2))) == [2, 3]


def test_without_focus_every_epoch_visits_all_images_in_another_order():
    images = curriculum(50, batch_size=50)
    first, second = next(images.batches(0)), next(images.batches(1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert list(first) != list(second)


def test_the_number_of_steps_is_that_of_all_batches():
    images = curriculum(10, batch_size=4, focus=0.5, epochs=3)
    images.seen(np.arange(10), np.zeros(10, dtype=np.float32))
    assert images.n_steps == sum(len(list(images.batches(epoch))) for epoch in range(3)) == 3 + 2 + 2


def test_one_image_is_visited_even_if_the_share_rounds_to_none():
    assert len(next(curriculum(3, focus=0.01).batches(1))) == 1
