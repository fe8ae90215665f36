"""One picture file as 8-bit grey or colour, whatever it was before.

Any format that Pillow reads. What becomes of the less plain ones:

- orientation in EXIF data is applied;
- transparent parts are laid on white, as a viewer shows them;
- 16-bit grey is scaled to 8 bits (65535 becomes 255); Pillow itself reduces 16-bit colour;
- a palette is resolved, and is grey where all colours in use are;
- CMYK, YCbCr, LAB and HSV become RGB without colour management;
- of an animation the first frame is taken;
- floating-point pixels are refused, since nothing says what is white.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from sememe.errors import ImageError

_GREY_MODES = ("1", "L", "LA", "La")


def read_picture(path: Path | str) -> Image.Image:
    """Decode a file into an image of mode ``L`` (grey) or ``RGB`` (colour).

    Raises:
        ImageError: the file cannot be read or decoded in full; the message names it and the reason.
    """
    try:
        with Image.open(path) as opened:
            # Decoding happens here; a truncated file fails now, not when its pixels are used.
            image = ImageOps.exif_transpose(opened)
            return _plain(image, path)
    except ImageError:
        raise
    except Image.UnidentifiedImageError:
        raise ImageError(f"{path} is corrupt or not an image.") from None
    except Exception as error:
        # Pillow's decoders raise whatever they stumble over: OSError, SyntaxError, struct.error, IndexError.
        raise ImageError(f"{path} is corrupt or cannot be read: {error}.") from error


def _plain(image: Image.Image, path: Path | str) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bits(image, path)
    if image.mode == "F":
        raise ImageError(f"{path} holds floating-point pixels; save it with 8 or 16 bits.")
    grey = image.mode in _GREY_MODES
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    elif grey:
        return image.convert("L")
    was_palette = image.mode == "P"
    image = image.convert("RGB")
    if grey or (was_palette and _all_grey(image)):
        return image.getchannel(0)
    return image


def _all_grey(image: Image.Image) -> bool:
    red, green, blue = (np.asarray(channel) for channel in image.split())
    return bool((red == green).all() and (green == blue).all())


def _from_16_bits(image: Image.Image, path: Path | str) -> Image.Image:
    values = np.asarray(image).astype(np.int64)
    if values.min() < 0 or values.max() > 65535:
        raise ImageError(
            f"{path} holds pixels from {values.min()} to {values.max()}; save it with 8 or 16 bits."
        )
    return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8))
