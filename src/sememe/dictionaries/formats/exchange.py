"""Dictionaries to and from the files of other libraries. A new format is a new file and a line here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sklearn.utils.validation import check_is_fitted

from sememe.dictionaries import storage
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats import dictionary_learning, overcomplete, saelens, saev, sparsify
from sememe.errors import DictionaryError, FormatError, choices
from sememe.files import read_json


@dataclass(frozen=True)
class Format:
    """How another library keeps a dictionary on disk.

    Attributes:
        recognises: whether a folder or a file looks like one of its own.
        read: the fitted dictionary in it.
        write: writes a fitted dictionary; None where we only read.
        holds: what one finds there, for messages.
    """

    recognises: Callable[[Path], bool]
    read: Callable[[Path], Dictionary]
    write: Callable[[Dictionary, Path], None] | None
    holds: str


# In the order in which they are asked: who looks into files of torch.save comes after who can tell without.
_FORMATS = {
    "saelens": Format(
        saelens.recognises, saelens.read, saelens.write, "cfg.json and sae_weights.safetensors"
    ),
    "saev": Format(saev.recognises, saev.read, None, "a line of JSON and tensors in one file"),
    "dictionary_learning": Format(
        dictionary_learning.recognises, dictionary_learning.read, dictionary_learning.write, "ae.pt"
    ),
    "sparsify": Format(sparsify.recognises, sparsify.read, sparsify.write, "cfg.json and sae.safetensors"),
    "overcomplete": Format(
        overcomplete.recognises, overcomplete.read, overcomplete.write, "a state_dict and overcomplete.json"
    ),
}


def formats() -> dict[str, Format]:
    """All formats by name.

    >>> sorted(formats())
    ['dictionary_learning', 'overcomplete', 'saelens', 'saev', 'sparsify']
    """
    return dict(_FORMATS)


def import_dictionary(path: Path | str, *, format: str | None = None) -> Dictionary:
    """The dictionary that another library saved, as a fitted estimator of ours.

    Its ``transform`` gives the codes that the library's own ``encode`` gives, up to rounding of float32, and
    its ``inverse_transform`` the reconstruction; options that no dictionary of ours can follow are refused.
    Atoms have the length that the library gave them. How the items were scaled in training is not known, so
    that ``partial_fit`` goes on with ``scale_`` 1; hyperparameters of training are our defaults.

    Args:
        path: folder or file.
        format: a name of ``formats()``; None: found by looking at the files.

    Raises:
        FormatError: there is nothing at ``path``, its format is not known, or a file is damaged, holds a
            pickled object or an option that cannot be followed. The sentence names the key, what was expected
            and what was found.
    """
    path = Path(path)
    if not path.exists():
        raise FormatError(f"There is no file or folder {path}.")
    if format is not None:
        return _named(format).read(path)
    if _is_ours(path):
        return storage.load(path)
    for known in _FORMATS.values():
        if known.recognises(path):
            return known.read(path)
    raise FormatError(_not_recognised(path))


def export_dictionary(dictionary: Dictionary, path: Path | str, format: str = "saelens") -> None:
    """Write a fitted dictionary as another library saves its own: a folder, which replaces an older one.

    Args:
        format: "saelens", "dictionary_learning", "sparsify" or "overcomplete".

    Raises:
        FormatError: the format is not known, or cannot be written.
        DictionaryError: the format has no counterpart of the dictionary.
    """
    writer = _named(format).write
    if writer is None:
        writable = [name for name, known in _FORMATS.items() if known.write is not None]
        raise FormatError(f"The format {format} can only be read: write one of {', '.join(writable)}.")
    check_is_fitted(dictionary)
    path = Path(path)
    if path.is_file():
        raise DictionaryError(f"{path} is a file, but {format} is written as a folder: choose another name.")
    writer(dictionary, path)


def _named(format: str) -> Format:
    if format not in _FORMATS:
        raise FormatError(f"There is no format {format!r}{choices(format, _FORMATS)}.")
    return _FORMATS[format]


def _is_ours(path: Path) -> bool:
    if not saelens.recognises(path) or not path.is_dir():
        return False
    configuration = read_json(path / storage.CONFIGURATION)
    return isinstance(configuration, dict) and "sememe" in configuration


def _not_recognised(path: Path) -> str:
    known = "; ".join(f"{name} ({format.holds})" for name, format in _FORMATS.items())
    if path.is_file():
        return f"{path} is of no format that can be imported: {known}."
    inside = sorted(path.iterdir())
    dictionaries = [e.name for e in inside if e.is_dir() and any(f.recognises(e) for f in _FORMATS.values())]
    if dictionaries:
        return (
            f"{path} holds {len(dictionaries)} dictionaries ({', '.join(dictionaries[:5])}"
            f"{', ...' if len(dictionaries) > 5 else ''}): import one of them."
        )
    names = ", ".join(entry.name for entry in inside[:8]) + (", ..." if len(inside) > 8 else "")
    return f"{path} holds {names or 'nothing'}, which is of no format that can be imported: {known}."
