"""saev: one file, a line of JSON and then a ``state_dict`` as ``torch.save`` writes it. Read only.

The line is ``{schema: 5, cfg: {d_model, d_sae, activation: {cls, params}, ...}, commit, lib}``; the tensors
are SAELens' four, with one ``activation.threshold`` for BatchTopK. Its encoder takes items as they are.
"""

import json
from pathlib import Path
from typing import Any

import torch

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats.autoencoder import Autoencoder, shapes
from sememe.dictionaries.formats.peer_files import (
    checked,
    one_of,
    positive_integer,
    read_torch,
    refuse_other_than,
    section,
    tensors_in,
)
from sememe.errors import FormatError

# Longer than any header; what has no line break so early is another kind of file.
_LONGEST_HEADER = 1 << 16


def recognises(path: Path) -> bool:
    """Whether this is a file that begins with saev's line of JSON."""
    header = _header(path) if path.is_file() else None
    return header is not None and "schema" in header and "cfg" in header


def read(path: Path) -> Dictionary:
    """The dictionary in saev's file."""
    header = _header(path)
    if header is None or not isinstance(header.get("cfg"), dict):
        raise FormatError(f"{path} does not begin with saev's line of JSON.")
    refuse_other_than(path, header, "schema", 5, "load it with saev and save it again")
    cfg = header["cfg"]
    # Its TopK keeps the negative among the largest codes, which no dictionary of ours does.
    name = one_of(path, section(path, cfg, "activation"), "cls", ("Relu", "BatchTopK"))
    d_in, d_sae = positive_integer(path, cfg, "d_model"), positive_integer(path, cfg, "d_sae")
    expected = shapes("standard", d_in, d_sae)
    if name == "BatchTopK":
        expected["activation.threshold"] = ()
    content = path.read_bytes()
    found = read_torch(path, content[content.index(b"\n") + 1 :])
    theirs = checked(path, tensors_in(path, found), expected)
    threshold = theirs.pop("activation.threshold", None)
    if threshold is None:
        return Autoencoder("standard", theirs).with_centring().fitted()
    # Not above 0, it was never learned, and everything positive passes.
    theirs["threshold"] = torch.full((d_sae,), max(0.0, float(threshold)), dtype=torch.float64)
    return Autoencoder("jumprelu", theirs).with_centring().fitted()


def _header(path: Path) -> dict[str, Any] | None:
    with path.open("rb") as stream:
        line = stream.readline(_LONGEST_HEADER)
    if not line.startswith(b"{"):
        return None
    try:
        header = json.loads(line)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    return header if isinstance(header, dict) else None
