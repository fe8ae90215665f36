"""From another library's files to a folder of ours, and back: what the command line calls."""

from pathlib import Path

from sememe.dictionaries import storage
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats.exchange import export_dictionary, import_dictionary


def import_to_folder(path: Path | str, folder: Path | str, *, format: str | None = None) -> Dictionary:
    """Read what another library saved and write it to a folder of ours; the dictionary, for a summary.

    Raises:
        FormatError: as ``import_dictionary``; nothing is written then.
    """
    dictionary = import_dictionary(path, format=format)
    storage.save(dictionary, folder)
    return dictionary


def export_from_folder(folder: Path | str, path: Path | str, *, format: str = "saelens") -> Dictionary:
    """Read a folder of ours and write it as another library does; the dictionary, for a summary.

    Raises:
        FormatError: the folder is damaged or not ours, or the format is not known.
        DictionaryError: the format has no counterpart of the dictionary. Nothing is written then.
    """
    dictionary = storage.load(folder)
    export_dictionary(dictionary, path, format)
    return dictionary
