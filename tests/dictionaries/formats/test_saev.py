import io
import json

import numpy as np
import pytest
import torch

from references.peer_encoders import jump_relu, relu
from sememe.dictionaries import L1SAE
from sememe.dictionaries.formats import export_dictionary, import_dictionary
from sememe.errors import FormatError


@pytest.fixture
def checkpoint(tmp_path, weights):
    """Writes a file as saev does; gives its path."""

    def write(activation="Relu", schema=5, tensors=None, **options):
        cfg = {"d_model": 5, "d_sae": 9, "activation": {"cls": activation, "params": {"top_k": 3}}} | options
        header = {"schema": schema, "cfg": cfg, "commit": "unknown", "lib": "0.1.0"}
        content = {name: getattr(weights, name) for name in ("W_dec", "b_dec", "W_enc", "b_enc")}
        stream = io.BytesIO()
        torch.save({k: torch.as_tensor(v) for k, v in (content | (tensors or {})).items()}, stream)
        (tmp_path / "sae.pt").write_bytes(json.dumps(header).encode() + b"\n" + stream.getvalue())
        return tmp_path / "sae.pt"

    return write


def test_codes_are_those_of_the_formula(checkpoint, weights, x):
    sae = import_dictionary(checkpoint())
    assert isinstance(sae, L1SAE)
    codes = relu(x @ weights.W_enc + weights.b_enc)
    np.testing.assert_allclose(sae.transform(x), codes, atol=1e-5)
    np.testing.assert_allclose(sae.inverse_transform(codes), codes @ weights.W_dec + weights.b_dec, atol=1e-5)


@pytest.mark.parametrize("threshold", [0.6, 0.0, -2.0])
def test_batch_top_k_encodes_by_its_threshold_once_there_is_one(checkpoint, weights, x, threshold):
    sae = import_dictionary(checkpoint("BatchTopK", tensors={"activation.threshold": np.float32(threshold)}))
    expected = jump_relu(x @ weights.W_enc + weights.b_enc, max(threshold, 0))
    np.testing.assert_allclose(sae.transform(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"activation": "TopK"}, "cls is 'TopK', but only Relu, BatchTopK can be imported"),
        ({"schema": 4}, "schema is 4, but only 5 can be imported: load it with saev and save it again"),
        ({"d_model": 6}, r"tensor W_enc should have shape \(6, 9\), but has \(5, 9\)"),
        ({"activation": "BatchTopK"}, r"no tensor activation.threshold: expected one of shape \(\)"),
    ],
)
def test_what_cannot_be_followed_is_refused(checkpoint, options, says):
    with pytest.raises(FormatError, match=says):
        import_dictionary(checkpoint(**options))


def test_a_damaged_file_is_refused(checkpoint):
    path = checkpoint()
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(FormatError, match=r"not a whole file of torch\.save"):
        import_dictionary(path)
    path.write_bytes(b"{not json\n")
    with pytest.raises(FormatError, match="does not begin with saev's line"):
        import_dictionary(path, format="saev")


def test_it_is_only_read(checkpoint, tmp_path):
    with pytest.raises(FormatError, match="saev can only be read: write one of saelens, dictionary_learning"):
        export_dictionary(import_dictionary(checkpoint()), tmp_path / "out", "saev")
