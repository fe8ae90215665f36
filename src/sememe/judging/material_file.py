"""Material on disk: what computer vision found in the images, so that it is looked for once.

One ``.npz`` file without any pickle. Images and embeddings are not in it: their own places have them.
"""

import dataclasses
import io
import zipfile
from pathlib import Path

import numpy as np
from torch import nn

from sememe import files, networks
from sememe.errors import FormatError
from sememe.images import ImageSet
from sememe.images.concepts import ConceptMaps, Concepts, Edited
from sememe.judging.material import Material, Split, shown_images
from sememe.measures import resample

_SPLITS = ("development", "report")


def save_material(path: Path, known: Material) -> None:
    """Write the concepts, the maps and the edited images, whole or not at all."""
    arrays: dict[str, np.ndarray] = {}
    for name in _SPLITS:
        split: Split = getattr(known, name)
        for kind, found in (("concepts", split.concepts), ("maps", split.maps)):
            if found is None:
                continue
            values = found.values if isinstance(found, Concepts) else found.maps
            arrays[f"{name}.{kind}"] = np.packbits(values.reshape(-1))
            arrays[f"{name}.{kind}.shape"] = np.array(values.shape)
            arrays[f"{name}.{kind}.names"] = np.array(found.names)
            arrays[f"{name}.{kind}.groups"] = np.array(found.groups)
    for name, edit in known.edits.items():
        arrays[f"edit.{name}"] = edit.images.pixels
        arrays[f"edit.{name}.changed"] = edit.changed
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    files.write_bytes(path, stream.getvalue())


def load_material(
    path: Path,
    encoder: nn.Module,
    fit: ImageSet,
    development: ImageSet,
    report: ImageSet,
    *,
    exemplar_images: int = 2000,
    replicates: int = 400,
    seed: int = 0,
) -> Material:
    """The material that was written, of the same images and settings.

    Raises:
        FormatError: the file is damaged, or of other images.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FormatError(
            f"{path} is damaged ({files.unreadable(error)}): remove it and start the run again."
        ) from None
    splits = {}
    for name, images in zip(_SPLITS, (development, report), strict=True):
        concepts = _read(arrays, f"{name}.concepts")
        maps = _read(arrays, f"{name}.maps")
        if concepts is not None and len(concepts[0]) != len(images):
            raise FormatError(
                f"{path} is of {len(concepts[0]):,} images and not of {len(images):,}: remove it and "
                "start again."
            )
        splits[name] = Split(
            images,
            networks.embed(encoder, images),
            None if concepts is None else Concepts(concepts[1], concepts[0], concepts[2]),
            None if maps is None else ConceptMaps(maps[1], maps[0], maps[2]),
        )
    edits = {}
    for key in arrays:
        kind, _, name = key.partition(".")
        if kind == "edit" and "." not in name:
            pixels = arrays[key]
            edited = dataclasses.replace(report[: len(pixels)], pixels=pixels)
            edits[name] = Edited(edited, arrays[f"{key}.changed"])
    shown = shown_images(fit, exemplar_images, seed)
    return Material(
        exemplars=Split(shown, networks.embed(encoder, shown)),
        development=splits["development"],
        report=splits["report"],
        resampling=resample(len(report), replicates=replicates, seed=seed),
        edits=edits,
    )


def _read(
    arrays: dict[str, np.ndarray], key: str
) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]] | None:
    if key not in arrays:
        return None
    shape = tuple(arrays[f"{key}.shape"].tolist())
    values = np.unpackbits(arrays[key], count=int(np.prod(shape))).astype(bool).reshape(shape)
    return values, tuple(arrays[f"{key}.names"].tolist()), tuple(arrays[f"{key}.groups"].tolist())
