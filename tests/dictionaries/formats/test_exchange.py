import json

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from sememe.dictionaries import PCA, TopKSAE, load, save
from sememe.dictionaries.formats import (
    export_dictionary,
    export_from_folder,
    formats,
    import_dictionary,
    import_to_folder,
)
from sememe.errors import FormatError

WRITABLE = [name for name, format in formats().items() if format.write is not None]


@pytest.fixture
def sae(items):
    return TopKSAE(n_components=12, k=4, n_epochs=1).fit(items)


@pytest.mark.parametrize("format", WRITABLE)
def test_the_format_is_found_by_looking_at_the_files(sae, items, tmp_path, format):
    export_dictionary(sae, tmp_path / "out", format)
    recognised = [name for name, known in formats().items() if known.recognises(tmp_path / "out")]
    assert recognised == [format]
    found, named = import_dictionary(tmp_path / "out"), import_dictionary(tmp_path / "out", format=format)
    np.testing.assert_array_equal(found.transform(items), named.transform(items))


@pytest.mark.parametrize("format", WRITABLE)
def test_an_imported_dictionary_is_fitted_and_can_be_saved_and_trained_on(sae, items, tmp_path, format):
    export_dictionary(sae, tmp_path / "out", format)
    imported = import_dictionary(tmp_path / "out")
    assert imported.get_params() == TopKSAE(n_components=12, k=4).get_params()
    save(imported, tmp_path / "ours")
    np.testing.assert_array_equal(load(tmp_path / "ours").transform(items), imported.transform(items))
    before = imported.score(items)
    for _ in range(20):
        imported.partial_fit(items)
    assert imported.score(items) > before


@pytest.mark.parametrize("format", WRITABLE)
def test_an_export_replaces_the_folder_and_gives_the_same_bytes(sae, tmp_path, format):
    export_dictionary(sae, tmp_path / "out", format)
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    export_dictionary(sae, tmp_path / "out", format)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == first
    (tmp_path / "out" / "thesis.txt").write_text("precious")
    with pytest.raises(FormatError, match=r"holds thesis\.txt, which would be lost"):
        export_dictionary(sae, tmp_path / "out", format)
    assert (tmp_path / "out" / "thesis.txt").read_text() == "precious"


def test_a_folder_of_ours_is_loaded_with_all_that_we_keep(sae, tmp_path):
    save(PCA(n_components=3).fit(np.eye(10)), tmp_path / "pca")
    assert isinstance(import_dictionary(tmp_path / "pca"), PCA)
    save(sae, tmp_path / "sae")
    assert import_dictionary(tmp_path / "sae").n_steps_ == sae.n_steps_ > 0


def test_what_is_of_no_format_says_what_was_found_and_what_is_known(tmp_path):
    with pytest.raises(FormatError, match=r"There is no file or folder .*nowhere"):
        import_dictionary(tmp_path / "nowhere")
    with pytest.raises(FormatError, match=r"holds nothing, which is of no format.*saelens \(cfg.json and "):
        import_dictionary(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"\x00\x01")
    with pytest.raises(FormatError, match=r"holds weights.bin, which is of no format"):
        import_dictionary(tmp_path)
    with pytest.raises(FormatError, match=r"weights.bin is of no format that can be imported: saelens"):
        import_dictionary(tmp_path / "weights.bin")


def test_unknown_names_of_formats_are_refused(sae, tmp_path):
    (tmp_path / "ae.pt").write_bytes(b"")
    with pytest.raises(
        FormatError, match=r"no format 'lens': did you mean saelens\? Choose one of saelens, saev, "
    ):
        import_dictionary(tmp_path, format="lens")
    with pytest.raises(FormatError, match="no format 'lens'"):
        export_dictionary(sae, tmp_path / "out", "lens")


def test_a_format_that_is_named_wrongly_is_refused_by_its_reader(sae, tmp_path):
    export_dictionary(sae, tmp_path / "out", "sparsify")
    with pytest.raises(FormatError, match=r"There is no file .*sae_weights.safetensors"):
        import_dictionary(tmp_path / "out", format="saelens")


def test_only_a_fitted_dictionary_is_exported_and_not_over_a_file(sae, tmp_path):
    with pytest.raises(NotFittedError):
        export_dictionary(TopKSAE(), tmp_path / "out")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="is a file, but saelens is written as a folder"):
        export_dictionary(sae, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_from_a_foreign_folder_to_ours_and_back(sae, items, tmp_path):
    export_dictionary(sae, tmp_path / "theirs", "sparsify")
    imported = import_to_folder(tmp_path / "theirs", tmp_path / "ours")
    np.testing.assert_array_equal(load(tmp_path / "ours").transform(items), imported.transform(items))
    export_from_folder(tmp_path / "ours", tmp_path / "again", format="sparsify")
    weights = "sae.safetensors"
    assert (tmp_path / "again" / weights).read_bytes() == (tmp_path / "theirs" / weights).read_bytes()


def test_nothing_is_written_if_the_files_are_damaged(sae, tmp_path):
    export_dictionary(sae, tmp_path / "theirs", "saelens")
    cfg = json.loads((tmp_path / "theirs" / "cfg.json").read_text())
    (tmp_path / "theirs" / "cfg.json").write_text(json.dumps(cfg | {"normalize_activations": "layer_norm"}))
    with pytest.raises(FormatError, match="layer_norm"):
        import_to_folder(tmp_path / "theirs", tmp_path / "ours")
    assert not (tmp_path / "ours").exists()


def test_what_would_run_code_is_never_unpickled(tmp_path):
    ran = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return (open, (str(ran), "w"))

    for name in ("ae.pt", "sae.pth"):
        torch.save({"encoder.weight": torch.zeros(2), "payload": Payload()}, tmp_path / name)
        with pytest.raises(FormatError, match="holds a pickled object"):
            import_dictionary(tmp_path / name)
    assert not ran.exists()


def settings_below(settings, above=()):
    for key, value in settings.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from settings_below(value, (*above, key))


def refused_or_read(path) -> bool:
    """Whether the files are refused; any other error than FormatError fails the test."""
    try:
        import_dictionary(path)
    except FormatError:
        return True
    return False


@pytest.mark.parametrize("format", WRITABLE)
def test_settings_of_any_other_kind_are_refused_or_pass(sae, tmp_path, plain_calls, format):
    folder = tmp_path / "out"
    export_dictionary(sae, folder, format)
    (path,) = folder.glob("*.json")
    whole = path.read_text()
    refused = 0
    for keys in settings_below(json.loads(whole)):
        for wrong in (None, "x", -1, 0, 1.5, [], {}, True, 10**9, [1]):
            settings = json.loads(whole)
            inner = settings
            for key in keys[:-1]:
                inner = inner[key]
            inner[keys[-1]] = wrong
            path.write_text(json.dumps(settings))
            refused += refused_or_read(folder)
    assert refused >= 10


@pytest.mark.parametrize("format", WRITABLE)
def test_weights_that_are_cut_or_altered_are_refused_or_pass(sae, tmp_path, plain_calls, format):
    folder = tmp_path / "out"
    export_dictionary(sae, folder, format)
    (path,) = (file for file in folder.iterdir() if file.suffix != ".json")
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for cut in rng.integers(0, len(whole), 20):
        path.write_bytes(whole[:cut])
        assert refused_or_read(folder)
    for at in rng.integers(0, 600, 60):
        altered = bytearray(whole)
        altered[at] ^= int(rng.integers(1, 256))
        path.write_bytes(altered)
        refused_or_read(folder)
