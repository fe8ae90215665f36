"""A store reads back what was harvested, is noticed when damaged, and is whole or absent."""

import errno
import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from activations.networks_in_miniature import Convolutional, images
from sememe.activations import column, harvest, harvest_layers, open_store, save
from sememe.errors import ActivationsError, FormatError


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of a few rows, so that small arrays have many."""
    monkeypatch.setattr(column, "CHUNK_BYTES", 240)


def equal(left, right):
    return (
        np.array_equal(left.values[:], right.values[:])
        and np.array_equal(left.image[:], right.image[:])
        and (left.position is right.position is None or np.array_equal(left.position[:], right.position[:]))
        and np.array_equal(left.moments.mean, right.moments.mean)
        and np.array_equal(left.moments.variance, right.moments.variance)
        and left.moments.count == right.moments.count
        and all(
            getattr(left, name) == getattr(right, name)
            for name in ("layer", "images", "grid", "receptive_field", "sampling", "pool")
        )
    )


@pytest.mark.parametrize(
    ("layer", "options"),
    [
        ("conv", {}),
        ("conv", {"positions_per_image": 3, "weighted": "ink", "seed": 5}),
        ("conv", {"pool": "max"}),
        ("head", {}),
    ],
)
def test_a_store_holds_what_memory_would(tmp_path, small_chunks, layer, options):
    net, data = Convolutional(), images(9)
    in_memory = harvest(net, data, layer, batch_size=4, **options)
    on_disk = harvest(net, data, layer, batch_size=4, to=tmp_path / "acts", **options)
    assert isinstance(on_disk.values, zarr.Array)
    assert equal(on_disk, in_memory)
    assert equal(open_store(tmp_path / "acts", verify=True), in_memory)
    assert equal(save(in_memory, tmp_path / "saved"), in_memory)


def test_layers_get_a_folder_each(tmp_path):
    stored = harvest_layers(Convolutional(), images(3), ["conv", "head"], to=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conv", "head"]
    assert equal(stored["head"], open_store(tmp_path / "head"))


def test_layers_without_a_folder_stay_in_memory(tmp_path):
    data = images(3)
    acts = harvest_layers(Convolutional(), data, ["conv", "head"], to={"conv": tmp_path / "a"})
    assert isinstance(acts["conv"].values, zarr.Array)
    assert isinstance(acts["head"].values, np.ndarray)
    with pytest.raises(ActivationsError, match="folder for layer 'fc'"):
        harvest_layers(Convolutional(), data, ["conv"], to={"fc": tmp_path / "b"})


def test_an_array_that_is_there_is_replaced(tmp_path):
    harvest(Convolutional(), images(3), "conv", to=tmp_path / "acts")
    acts = harvest(Convolutional(), images(5), "head", to=tmp_path / "acts")
    assert len(open_store(tmp_path / "acts", verify=True)) == len(acts) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["acts"]


def test_the_metadata_is_what_xarray_reads(tmp_path):
    """xarray takes axes from Zarr v3's dimension_names, which must agree in length between arrays."""
    harvest(Convolutional(), images(3), "conv", to=tmp_path / "acts")
    lengths = {}
    for name, axes in [
        ("values", ["items", "neurons"]),
        ("image", ["items"]),
        ("position", ["items", "axes"]),
        ("mean", ["neurons"]),
        ("variance", ["neurons"]),
    ]:
        metadata = json.loads((tmp_path / "acts" / name / "zarr.json").read_text())
        assert metadata["zarr_format"] == 3
        assert metadata["node_type"] == "array"
        assert metadata["dimension_names"] == axes
        for axis, length in zip(axes, metadata["shape"], strict=True):
            assert lengths.setdefault(axis, length) == length
    group = json.loads((tmp_path / "acts" / "zarr.json").read_text())
    assert (group["zarr_format"], group["node_type"]) == (3, "group")
    assert group["attributes"]["layer"] == "conv"
    # Without consolidated metadata xarray.open_zarr warns.
    assert set(group["consolidated_metadata"]["metadata"]) == {
        "values",
        "image",
        "position",
        "mean",
        "variance",
    }


def test_a_plain_zarr_reader_sees_the_arrays(tmp_path):
    acts = harvest(Convolutional(), images(3), "conv")
    save(acts, tmp_path / "acts")
    group = zarr.open_group(tmp_path / "acts", mode="r")
    assert np.array_equal(group["values"][:], acts.values)
    assert np.array_equal(group["position"][:], acts.position)


def test_rows_that_are_all_zero_are_stored_too(tmp_path, small_chunks):
    acts = harvest(Convolutional(), images(4), "conv")
    acts.values[:] = 0
    save(acts, tmp_path / "acts")
    assert not open_store(tmp_path / "acts").rows(0, 100).any()


def test_reading_ranges_numbers_and_batches(tmp_path, small_chunks):
    acts = harvest(Convolutional(), images(6), "conv")
    stored = save(acts, tmp_path / "acts")
    chosen = np.array([200, 3, 3, 77])
    for source in (acts, stored):
        assert np.array_equal(source.rows(17, 40), acts.values[17:40])
        assert np.array_equal(source.take(chosen), acts.values[chosen])
        assert [len(batch) for batch in source.batches(100)] == [100, 100, 16]
        assert np.array_equal(np.concatenate(list(source.batches(25))), acts.values)
        assert source.rows(0, 1).dtype == np.float32
        items = source.items(30, 40)
        assert np.array_equal(items.position, acts.position[30:40])
        assert np.array_equal(items.image, acts.image[30:40])


def test_representations_say_what_and_where(tmp_path):
    acts = harvest(Convolutional(), images(6), "conv")
    expected = "Activations('conv' of 'noise': 216 items x 3 neurons, map 6 x 6, in memory)"
    assert repr(acts) == expected
    assert repr(save(acts, tmp_path / "acts")) == expected.replace("in memory", "on disk")
    assert acts.n_neurons == 3


def test_a_batch_of_no_rows_is_refused():
    with pytest.raises(ActivationsError, match="batch size is 0"):
        next(harvest(Convolutional(), images(2), "conv").batches(0))


PEAKS_OF_HARVESTS = """
import sys, tracemalloc
from activations.networks_in_miniature import Convolutional, images
from sememe.activations import column, harvest

column.CHUNK_BYTES = 1 << 16
net, data = Convolutional(), images(4000)
harvest(net, data, "conv", to=sys.argv[1] + "/warm", batch_size=50)
for to in (sys.argv[1] + "/acts", None):
    tracemalloc.start()
    acts = harvest(net, data, "conv", to=to, batch_size=50)
    print(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    if to:
        tracemalloc.start()
        total = sum(float(batch.sum()) for batch in acts.batches(1000))
        print(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert abs(total - acts.moments.mean.sum() * len(acts)) < 1e-4 * abs(total)
"""


def test_a_harvest_to_disk_takes_the_memory_of_a_batch_and_a_chunk(tmp_path):
    # In a process of its own: the tracing counts every thread, and other tests leave some behind.
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", PEAKS_OF_HARVESTS, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    on_disk, reading, in_memory = map(int, done.stdout.split())
    n_bytes = 4000 * 36 * (3 * 4 + 8 + 16)
    assert in_memory > n_bytes
    assert on_disk < n_bytes / 3
    assert reading < n_bytes / 3


def test_a_full_disk_leaves_nothing_and_is_told_as_it_is(tmp_path, small_chunks, monkeypatch):
    written = 0
    original = LocalStore.set

    async def set_until_full(self, key, value, *args, **kwargs):
        nonlocal written
        written += 1
        if written > 20:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        await original(self, key, value, *args, **kwargs)

    monkeypatch.setattr(LocalStore, "set", set_until_full)
    with pytest.raises(OSError, match="No space left") as raised:
        harvest(Convolutional(), images(20), "conv", to=tmp_path / "acts")
    assert raised.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


def test_an_error_in_the_harvest_leaves_the_old_store(tmp_path):
    acts = harvest(Convolutional(), images(3), "conv", to=tmp_path / "acts")

    def stop(fraction, note):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        harvest(Convolutional(), images(5), "conv", to=tmp_path / "acts", progress=stop)
    assert equal(open_store(tmp_path / "acts", verify=True), acts)
    assert [path.name for path in tmp_path.iterdir()] == ["acts"]


KILLED = """
import os, signal, sys
sys.path[:0] = {paths!r}
from activations.networks_in_miniature import Convolutional, images
from sememe.activations import harvest
def kill(fraction, note):
    if fraction > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
harvest(Convolutional(), images(8), "conv", to={to!r}, batch_size=2, progress=kill)
"""


def test_a_killed_harvest_leaves_nothing_that_looks_complete(tmp_path):
    to = tmp_path / "acts"
    code = KILLED.format(paths=[path for path in sys.path if path], to=str(to))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not to.exists()
    with pytest.raises(FormatError, match="no store of activations"):
        open_store(to)


def stored(tmp_path, n=8):
    return harvest(Convolutional(), images(n), "conv", to=tmp_path / "acts"), tmp_path / "acts"


def edit(path, **attributes):
    metadata = json.loads((path / "zarr.json").read_text())
    metadata["attributes"] |= attributes
    path.joinpath("zarr.json").write_text(json.dumps(metadata))


def test_no_store_is_named(tmp_path):
    with pytest.raises(FormatError, match=f"no store of activations at {tmp_path / 'acts'}"):
        open_store(tmp_path / "acts")


def test_another_zarr_group_is_not_a_store(tmp_path):
    zarr.create_group(tmp_path / "other", zarr_format=3)
    with pytest.raises(FormatError, match="not one of activations"):
        open_store(tmp_path / "other")


def test_a_newer_version_is_refused(tmp_path):
    _, path = stored(tmp_path)
    edit(path, version=99)
    with pytest.raises(FormatError, match="version 99"):
        open_store(path)


def test_a_description_with_gaps_is_refused(tmp_path):
    _, path = stored(tmp_path)
    edit(path, sha256={})
    with pytest.raises(FormatError, match="does not describe itself fully"):
        open_store(path)


def test_a_missing_array_is_named(tmp_path):
    _, path = stored(tmp_path)
    (path / "position" / "zarr.json").unlink()
    with pytest.raises(FormatError, match="no array 'position'"):
        open_store(path)


def test_missing_chunks_are_counted(tmp_path, small_chunks):
    _, path = stored(tmp_path)
    (path / "values" / "c" / "3" / "0").unlink()
    with pytest.raises(FormatError, match=r"values lacks 1 of its 15 chunks"):
        open_store(path)


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty"])
def test_a_damaged_chunk_is_noticed_by_whoever_reads_it(tmp_path, small_chunks, damage):
    _, path = stored(tmp_path)
    chunk = path / "values" / "c" / "3" / "0"
    content = bytearray(chunk.read_bytes())
    content[7] ^= 1
    chunk.write_bytes({"flip": bytes(content), "truncate": content[:50], "empty": b""}[damage])
    acts = open_store(path)
    assert acts.rows(0, 10).shape == (10, 3)
    with pytest.raises(FormatError, match="damaged"):
        acts.rows(0, 100)
    with pytest.raises(FormatError, match="damaged"):
        acts.take(np.array([65]))
    with pytest.raises(FormatError, match="damaged"):
        open_store(path, verify=True)


def test_a_chunk_in_anothers_place_is_noticed_by_the_checksum(tmp_path, small_chunks):
    _, path = stored(tmp_path)
    one, other = (path / "values" / "c" / name / "0" for name in ("3", "4"))
    one.write_bytes(other.read_bytes())
    open_store(path)
    with pytest.raises(FormatError, match="values is not what was written"):
        open_store(path, verify=True)


def test_lengths_that_differ_are_named(tmp_path):
    _, path = stored(tmp_path)
    zarr.open_group(path, mode="r+")["image"].resize((100,))
    with pytest.raises(FormatError, match="image has 100 rows, but values needs 288"):
        open_store(path)


def test_axes_of_another_name_are_refused(tmp_path):
    _, path = stored(tmp_path)
    metadata = json.loads((path / "image" / "zarr.json").read_text())
    metadata["dimension_names"] = ["rows"]
    (path / "image" / "zarr.json").write_text(json.dumps(metadata))
    with pytest.raises(FormatError, match="image has axes"):
        open_store(path)


def test_an_empty_store_is_refused(tmp_path):
    _, path = stored(tmp_path)
    group = zarr.open_group(path, mode="r+")
    for name in ("values", "image", "position"):
        group[name].resize((0, *group[name].shape[1:]))
    with pytest.raises(ActivationsError, match="empty store"):
        open_store(path)
