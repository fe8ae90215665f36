"""The images that a run looks at: its own where it holds them, else the data set that its recipe names."""

from typing import Any

from sememe import images
from sememe.errors import FormatError
from sememe.explorer.live.folder import ReadOnlyFolder
from sememe.images import ImageSet

# Where a run keeps images of its own: those that scores are reported on, saved by ``sememe.images.save``.
OWN = ("images", "report")


def open_images(folder: ReadOnlyFolder, configuration: dict[str, Any]) -> ImageSet:
    """The images that scores are reported on; items point to their rows.

    Raises:
        FormatError: the run neither holds images nor is of a recipe whose images come with Sememe.
    """
    own = folder.path(*OWN)
    if own.is_dir():
        return images.load(own)
    recipe, count = configuration.get("recipe"), configuration.get("report_images")
    if recipe != "mnist" or not isinstance(count, int) or count < 1:
        raise FormatError(
            f"{folder.root} holds no images ({'/'.join(OWN)}), and its recipe {str(recipe)[:40]!r} is none "
            "whose images come with Sememe: save them there with sememe.images.save."
        )
    return images.mnist("test")[-count:]


def said(folder: ReadOnlyFolder, shown: ImageSet) -> str:
    """Which images these are, as the end of a sentence."""
    if folder.path(*OWN).is_dir():
        return f"the {len(shown):,} images of {shown.name}"
    return f"the last {len(shown):,} test images of MNIST"
