"""The Atlas page: the atoms of a unit set on a plane."""

import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from sememe import files
from sememe.explanations import AtomMap, atom_map
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.apart import apart
from sememe.explorer.live.run_data import LayerData, RunData

# Beyond, t-SNE takes minutes: every n-th atom is laid out.
_MOST_ATOMS = 4_000
_VERSION = 1  # raised when a map of the same atoms comes out differently


@dataclass(frozen=True)
class AtlasRequest:
    """Which map."""

    layer: str
    set: str
    method: str = "tsne"  # or "pca"


@dataclass(frozen=True, eq=False)
class AtlasPage:
    """Where each atom lies."""

    unit: Float[np.ndarray, " atoms"]  # which units are laid out
    place: Float[np.ndarray, "atoms 2"]  # -1 to 1
    method: str
    trustworthiness: float
    neighbours: int


def atlas_page(run: RunData, request: AtlasRequest) -> AtlasPage:
    """A map of the atoms; t-SNE is made once and kept in the user's cache folder, never in the run."""
    layer = run.layer(request.layer)
    atoms = layer.unit_set(request.set).components
    if request.method not in ("pca", "tsne"):
        raise NotThere(f"There is no map by {request.method[:40]!r}: choose pca or tsne.")
    if len(atoms) < 3:
        raise NotThere(f"{request.set} has {len(atoms)} atoms: a map needs 3.")
    unit = np.arange(0, len(atoms), -(-len(atoms) // _MOST_ATOMS))
    found = _map(layer, atoms[unit], request)
    return AtlasPage(
        unit.astype(np.float64),
        found.place,
        found.method,
        found.trustworthiness,
        found.neighbours,
    )


def _map(layer: LayerData, atoms: Float32[np.ndarray, "atoms neurons"], request: AtlasRequest) -> AtomMap:
    if request.method == "pca":
        return atom_map(atoms, "pca")
    key = ("atlas", layer.key, request.set)
    found: AtomMap = layer.run.kept.get(key, lambda: _learned(atoms))
    return found


def _learned(atoms: Float32[np.ndarray, "atoms neurons"]) -> AtomMap:
    """A t-SNE map from the cache; made in a process of its own, so that the server stays small."""
    digest = hashlib.sha256(np.ascontiguousarray(atoms, "<f4").tobytes()).hexdigest()
    path = cache_folder() / f"map-{_VERSION}-{digest[:32]}.npz"
    if path.is_file():
        try:
            with np.load(path, allow_pickle=False) as stored:
                return AtomMap(stored["place"], "tsne", float(stored["trust"]), int(stored["neighbours"]))
        except (OSError, ValueError, KeyError):
            path.unlink(missing_ok=True)  # a damaged cache is made again
    found: AtomMap = apart(atom_map, atoms, "tsne")
    stream = io.BytesIO()
    np.savez_compressed(stream, place=found.place, trust=found.trustworthiness, neighbours=found.neighbours)
    files.write_bytes(path, stream.getvalue())
    return found


def cache_folder() -> Path:
    """Where this user's programs keep what can be made again."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "sememe"


ENDPOINTS = (Endpoint("atlas", atlas_page, AtlasRequest),)
