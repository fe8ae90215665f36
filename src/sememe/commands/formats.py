"""``sememe import-dictionary`` and ``export-dictionary``: other libraries' files."""

from pathlib import Path

from sememe.commands.options import say


def import_dictionary(path: Path, /, *, to: Path, format: str | None = None) -> None:
    """Read a dictionary that another library saved, and write it as a folder of ours.

    Parameters
    ----------
    path
        The file or folder of SAELens, dictionary_learning, sparsify, overcomplete or saev.
    to
        The folder to write.
    format
        Which library's; found by looking at the files if not given.
    """
    from sememe.dictionaries import formats

    dictionary = formats.import_to_folder(path, to, format=format)
    shape = " x ".join(f"{n:,}" for n in dictionary.components_.shape)
    say(f"{to}: {dictionary}, components x neurons: {shape}")


def export_dictionary(folder: Path, /, *, to: Path, format: str = "saelens") -> None:
    """Write a dictionary of ours as another library does.

    Parameters
    ----------
    folder
        The dictionary's folder, such as RUN/dictionaries/digit_cnn.fc1/TopKSAE-k8.
    to
        The folder to write.
    format
        saelens, dictionary_learning, sparsify or overcomplete.
    """
    from sememe.dictionaries import formats

    dictionary = formats.export_from_folder(folder, to, format=format)
    say(f"{to}: {dictionary} as {format} writes it")
