import numpy as np
import pytest
import zarr

from sememe.dictionaries.items import Items
from sememe.dictionaries.stream import BatchStream


def numbered(n: int) -> np.ndarray:
    """Items that carry their row number."""
    return np.stack([np.arange(n), np.zeros(n)], axis=1).astype(np.float32)


@pytest.fixture(params=["memory", "store"])
def source(request, tmp_path):
    rows = numbered(103)
    if request.param == "memory":
        return Items(rows)
    array = zarr.create_array(tmp_path / "values", shape=rows.shape, chunks=(8, 2), dtype="float32")
    array[:] = rows
    return Items(array)


def stream_of(source, **changed) -> BatchStream:
    # A window of 24 rows: three chunks of the store.
    return BatchStream(source, **{"batch_size": 10, "seed": 5, "window_bytes": 24 * 8, **changed})


def row_numbers(batches) -> list[list[int]]:
    return [batch[:, 0].astype(int).tolist() for batch in batches]


def test_a_pass_gives_every_item_at_most_once_and_all_but_the_remainder(source):
    stream = stream_of(source)
    assert stream.batches_per_epoch == 10
    for epoch in range(3):
        seen = [row for batch in row_numbers(stream.batches(10 * epoch, 10 * epoch + 10)) for row in batch]
        assert len(set(seen)) == len(seen) == 100


def test_passes_and_seeds_differ_in_order(source):
    first = row_numbers(stream_of(source).batches(0, 10))
    assert first != row_numbers(stream_of(source).batches(10, 20))
    assert first != row_numbers(stream_of(source, seed=6).batches(0, 10))
    assert first == row_numbers(stream_of(source).batches(0, 10))


@pytest.mark.parametrize("start", [1, 7, 10, 23])
def test_reading_may_begin_anywhere(source, start):
    everything = row_numbers(stream_of(source).batches(0, 30))
    assert row_numbers(stream_of(source).batches(start, 30)) == everything[start:]


def test_held_out_items_are_never_given(source):
    held_out = np.array([0, 7, 8, 50, 102])
    stream = stream_of(source, held_out=held_out)
    assert stream.n_items == 98
    seen = {row for batch in row_numbers(stream.batches(0, 90)) for row in batch}
    assert seen == set(range(103)) - set(held_out.tolist())


def test_fewer_items_than_a_batch_are_one_batch(source):
    stream = stream_of(source, batch_size=1000)
    assert [len(batch) for batch in stream.batches(0, 3)] == [103] * 3


def test_a_store_is_shuffled_within_windows_of_random_chunks(tmp_path):
    rows = numbered(96)
    array = zarr.create_array(tmp_path / "values", shape=rows.shape, chunks=(8, 2), dtype="float32")
    array[:] = rows
    batches = row_numbers(stream_of(Items(array), batch_size=24).batches(0, 4))
    # A batch as large as a window holds three whole chunks, mixed.
    for batch in batches:
        assert len({row // 8 for row in batch}) == 3
        assert batch != sorted(batch)


def test_no_more_than_two_windows_of_a_store_are_read_ahead(tmp_path):
    rows = numbered(960)
    array = zarr.create_array(tmp_path / "values", shape=rows.shape, chunks=(8, 2), dtype="float32")
    array[:] = rows
    source = Items(array)
    reads = []
    read = source.read
    source.read = lambda start, stop: (reads.append((start, stop)), read(start, stop))[1]
    batches = stream_of(source).batches(0, 90)
    next(batches)
    assert max(stop - start for start, stop in reads) <= 8
    assert len(reads) <= 2 * 3
    batches.close()
