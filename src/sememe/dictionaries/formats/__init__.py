"""Dictionaries in the files of other libraries: imported with the same codes, exported for them to load."""

from sememe.dictionaries.formats.conversion import export_from_folder, import_to_folder
from sememe.dictionaries.formats.exchange import Format, export_dictionary, formats, import_dictionary

__all__ = [
    "Format",
    "export_dictionary",
    "export_from_folder",
    "formats",
    "import_dictionary",
    "import_to_folder",
]
