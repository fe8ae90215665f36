"""What comes into an exported file, what is left out and said, and what cannot be exported."""

import pytest

from references.asked import MAP, MLP
from sememe.errors import RunError
from sememe.explorer.export import Request, gather, set_blocks, write_page


@pytest.fixture
def quick(monkeypatch):
    """Of each unit only its first page is asked."""
    monkeypatch.setattr(set_blocks, "PER_UNIT", ("unit",))


def test_controls_come_as_far_as_there_is_room(finished, quick):
    everything = gather(finished, Request((MLP,)))
    keys = [each.key for each in everything.sets[MLP]]
    assert keys[:2] == ["Neurons-k16", "TopKSAE-k4"]
    assert len(keys) > 3
    assert everything.left_out == []
    few = gather(finished, Request((MLP,), most_bytes=everything.size - 1000))
    assert 2 <= len(few.sets[MLP]) < len(keys)
    assert few.size <= everything.size - 1000
    assert all("there is no room for it" in sentence for sentence in few.left_out)


def test_the_same_run_gives_the_same_file(finished, tmp_path, quick):
    one, two = (write_page(finished, tmp_path / name, Request((MLP,), ())) for name in ("a.html", "b.html"))
    assert one.path.read_bytes() == two.path.read_bytes()
    assert one.size == len(one.path.read_bytes())


def test_a_family_that_the_kernel_does_not_know_is_named_and_left_out(finished, monkeypatch, quick):
    monkeypatch.setattr(
        set_blocks, "dictionary_kernel", lambda each: None if each.key == "PCA-k4" else _known(each)
    )
    found = gather(finished, Request((MLP,), ("PCA-k4",)))
    assert found.left_out == [f"{MLP} PCA-k4: the page's kernel has no encoder for PCA"]
    assert "PCA-k4" not in [each.key for each in found.sets[MLP]]


_known = set_blocks.dictionary_kernel


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(("nothing",)), "no layer 'nothing'; it has digit_mlp.hidden1"),
        (Request((MLP,), ("Nothing-k1",)), "No layer here has a unit set 'Nothing-k1'; there are"),
        (Request((MAP,)), "has no scores to export yet: finish it with"),
    ],
)
def test_what_the_run_does_not_have_is_said(finished, request_, message):
    with pytest.raises(RunError, match=message):
        gather(finished, request_)
