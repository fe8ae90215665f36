"""With the other libraries' own packages, in an environment of theirs: see ``benchmarks/peer_formats.py``."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from sememe.activations import planted
from sememe.dictionaries import SkipTranscoder, Transcoder, registry, save
from sememe.dictionaries.formats import export_dictionary, import_dictionary

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "peer_formats.py"
INTERPRETER = os.environ.get("SEMEME_PEERS_PYTHON")

# Which of ours each of them has a counterpart of.
_RELU, _TOP_K = ("L1SAE", "PAnnealedSAE"), ("TopKSAE", "ArchetypalSAE")
_THRESHOLD = ("BatchTopKSAE", "MatryoshkaSAE", "JumpReLUSAE")
EXCHANGED = {
    "saelens": (*_RELU, *_TOP_K, *_THRESHOLD, "GatedSAE", "MatchingPursuitSAE"),
    "dictionary_learning": (*_RELU, *_TOP_K, *_THRESHOLD, "GatedSAE"),
    "sparsify": _TOP_K,
    "overcomplete": (*_RELU, *_TOP_K, *_THRESHOLD),
}

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(INTERPRETER is None, reason="SEMEME_PEERS_PYTHON names no interpreter"),
]


def run(command: str, folder: Path) -> str:
    assert INTERPRETER is not None
    done = subprocess.run([INTERPRETER, SCRIPT, command, folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def theirs(tmp_path_factory) -> Path:
    """A folder with a dictionary of every class of every library, written by itself."""
    folder = tmp_path_factory.mktemp("theirs")
    run("write", folder)
    return folder


def test_what_they_wrote_gives_their_codes_and_reconstructions_here(theirs, capsys):
    entries = json.loads((theirs / "manifest.json").read_text())
    assert {entry["format"] for entry in entries} == set(EXCHANGED)
    for entry in entries:
        expected = np.load(theirs / entry["arrays"])
        dictionary = import_dictionary(theirs / entry["path"])
        codes = dictionary.transform(expected["items"])
        apart = np.abs(codes - expected["codes"]).max()
        back = np.abs(dictionary.inverse_transform(codes) - expected["reconstruction"]).max()
        with capsys.disabled():
            name = f"{entry['format']} {entry['name']}"
            print(f"\n{name:42} {type(dictionary).__name__:14} codes {apart:.1e} back {back:.1e}", end="")
        if "prediction" in expected:
            predicted = dictionary.predict(expected["items"])
            back = max(back, np.abs(predicted - expected["prediction"]).max())
        assert max(apart, back) < 1e-5, name
        assert 0 < (codes != 0).mean() < 1, name


def test_what_we_fitted_gives_our_codes_and_reconstructions_there(tmp_path, capsys):
    truth = planted(4000, 16, 32, active=3.0, seed=3)
    items = truth.values[:2000] + 0.5
    manifest = []
    for name in dict.fromkeys(name for names in EXCHANGED.values() for name in names):
        kind = registry()[name]
        sae = kind(n_components=32, n_epochs=5, **({"k": 3} if "k" in kind._get_param_names() else {}))
        sae.fit(items)
        codes = sae.transform(items)
        arrays = tmp_path / f"{name}.npz"
        np.savez(arrays, items=items, codes=codes, reconstruction=sae.inverse_transform(codes))
        for format in (format for format, names in EXCHANGED.items() if name in names):
            path = f"{name}-{format}"
            export_dictionary(sae, tmp_path / path, format)
            manifest.append({"name": name, "format": format, "path": path, "arrays": arrays.name})
        if name in EXCHANGED["saelens"]:  # takes our own folders, too
            save(sae, tmp_path / f"{name}-own")
            entry = {"name": f"{name}, own folder", "format": "saelens", "path": f"{name}-own"}
            manifest.append({**entry, "arrays": arrays.name})
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    output = run("read", tmp_path)
    with capsys.disabled():
        print(f"\n{output}", end="")


@pytest.mark.parametrize(("format", "sparsity"), [("saelens", "l1"), ("sparsify", "topk")])
@pytest.mark.parametrize("kind", [Transcoder, SkipTranscoder])
def test_our_transcoders_give_our_codes_and_predictions_there(format, sparsity, kind, tmp_path, capsys):
    truth = planted(2000, 16, 32, active=3.0, seed=3)
    items = truth.values + 0.5
    later = (np.maximum(items @ np.eye(16)[::-1] - 0.3, 0) + items[:, :1]).astype(np.float32)
    later = later if format == "sparsify" else later[:, :7]
    transcoder = kind(n_components=32, k=3, n_epochs=5, sparsity=sparsity).fit(items, later)
    codes, predicted = transcoder.transform(items), transcoder.predict(items)
    back = transcoder.inverse_transform(codes)
    np.savez(tmp_path / "t.npz", items=items, codes=codes, reconstruction=back, prediction=predicted)
    export_dictionary(transcoder, tmp_path / "theirs", format)
    entry = {"name": kind.__name__, "format": format, "path": "theirs", "arrays": "t.npz"}
    (tmp_path / "manifest.json").write_text(json.dumps([entry]))
    output = run("read", tmp_path)
    with capsys.disabled():
        print(f"\n{output.splitlines()[-1]}", end="")
    imported = import_dictionary(tmp_path / "theirs", format=format)
    np.testing.assert_allclose(imported.predict(items), predicted, atol=1e-5)


def test_what_we_imported_can_be_exported_to_every_library_that_has_it(theirs, tmp_path):
    manifest = []
    for entry in json.loads((theirs / "manifest.json").read_text()):
        dictionary = import_dictionary(theirs / entry["path"])
        items = np.load(theirs / entry["arrays"])["items"]
        codes = dictionary.transform(items)
        arrays = tmp_path / entry["arrays"]
        np.savez(arrays, items=items, codes=codes, reconstruction=dictionary.inverse_transform(codes))
        kind = type(dictionary).__name__
        for format in (format for format, names in EXCHANGED.items() if kind in names):
            path = f"{arrays.stem}-as-{format}"
            export_dictionary(dictionary, tmp_path / path, format)
            manifest.append({"name": path, "format": format, "path": path, "arrays": arrays.name})
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    run("read", tmp_path)
