"""Pictures: decoded, turned upright, encoded anew. Nothing of the old file but its pixels goes on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from tocsin.evidence.cleaners import heif
from tocsin.evidence.cleaners.contract import Asked, Made, Refusal, Refused, read_all
from tocsin.evidence.cleaners.paper import Paper

# Named one by one: Pillow knows many more, and each is one more parser for a hostile file.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "AVIF")
_MEDIA_TYPES = {f"image/{name.lower()}" for name in FORMATS}
_OF_DRAWINGS = ("PNG", "GIF", "BMP")
_HEIF = ("image/heic", "image/heif")
_QUALITY = 90
_DOTS_PER_INCH = 150
_SHORTEST_FRAME, _LONGEST_FRAME = 20, 10_000  # milliseconds


def clean(source: BinaryIO, asked: Asked) -> Made:
    """A JPEG or PNG; an animated PNG for an animation, a PDF for a scan of several pages."""
    Image.MAX_IMAGE_PIXELS = asked.pixels
    data = read_all(source, asked)
    if asked.media_type in _HEIF:
        data = heif.decoded(data, asked)
    elif asked.media_type not in _MEDIA_TYPES:
        raise Refused(Refusal.NO_CLEANER)
    try:
        return _cleaned(data, asked)
    except Image.DecompressionBombError:
        raise Refused(Refusal.TOO_LARGE) from None
    except UnidentifiedImageError:
        raise Refused(Refusal.MALFORMED) from None


def _cleaned(data: bytes, asked: Asked) -> Made:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > asked.pixels:
            raise Refused(Refusal.TOO_LARGE)
        several = getattr(image, "is_animated", False)
        if several and image.format == "TIFF":
            return _as_pages(image, asked)
        if several and image.format in ("GIF", "PNG", "WEBP", "AVIF"):
            return _as_animation(image, asked)
        notes = _load(image, data)
        return _as_picture(image, asked, notes)


def _load(image: Image.Image, data: bytes) -> list[str]:
    """Decode; a file that was cut off gives the part that came."""
    try:
        image.load()
    except OSError:
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        if isinstance(image, ImageFile.ImageFile):
            image.fp = io.BytesIO(data)
        image.seek(0)
        image.load()
        return ["damaged"]
    return []


def _as_picture(image: Image.Image, asked: Asked, notes: list[str]) -> Made:
    drawing = image.format in _OF_DRAWINGS and asked.media_type not in _HEIF
    plain = _plain(image)
    facts = [("size", f"{plain.width} × {plain.height}")]
    if drawing or plain.mode == "RGBA":
        output = _encoded(plain, "PNG", optimize=False)
        if len(output) <= asked.output_bytes:
            return Made(output, "image/png", facts, notes)
    return Made(_encoded(_opaque(plain), "JPEG", quality=_QUALITY), "image/jpeg", facts, notes)


def _plain(image: Image.Image) -> Image.Image:
    """Upright, in sRGB, as RGB, RGBA or L, and with nothing attached."""
    upright = _in_srgb(ImageOps.exif_transpose(image))
    if upright.mode.startswith("I") or upright.mode == "F":
        plain = _in_eight_bits(upright)
    elif "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA", "RGBa", "La"):
        plain = upright.convert("RGBA")
    else:
        plain = upright.convert("L" if upright.mode in ("1", "L") else "RGB")
    bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    bare.info = {}
    return bare


def _in_srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "CMYK", "L"):
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
    return image


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Scientific and medical pictures have more shades than a screen: spread those that occur over 256."""
    wide = image.convert("F")
    low, high = wide.getextrema()
    if not isinstance(low, float) or not isinstance(high, float) or high <= low:
        return Image.new("L", image.size)
    return wide.point(lambda shade: shade * (255.0 / (high - low)) - low * 255.0 / (high - low)).convert("L")


def _opaque(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _encoded(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _first_frames(image: Image.Image, most: int) -> Iterator[Image.Image]:
    for number in range(most):
        try:
            image.seek(number)
            image.load()
        except (EOFError, OSError):
            return
        yield image


def _has_more(image: Image.Image, seen: int) -> bool:
    try:
        image.seek(seen)
    except (EOFError, OSError, ValueError):
        return False
    return True


def _as_animation(image: Image.Image, asked: Asked) -> Made:
    most = max(1, min(asked.frames, asked.pixels // (image.width * image.height)))
    frames, times = [], []
    for frame in _first_frames(image, most):
        times.append(min(_LONGEST_FRAME, max(_SHORTEST_FRAME, int(frame.info.get("duration") or 100))))
        frames.append(_plain(frame).convert("RGBA"))
    if not frames:
        raise Refused(Refusal.MALFORMED)
    notes = ["frames-left-out"] if _has_more(image, len(frames)) else []
    first, *others = frames
    output = _encoded(first, "PNG", save_all=True, append_images=others, duration=times, loop=0)
    return Made(output, "image/png", [("size", f"{first.width} × {first.height}")], notes)


def _as_pages(image: Image.Image, asked: Asked) -> Made:
    paper = Paper(asked.output_bytes)
    for page in _first_frames(image, asked.pages):
        if page.width * page.height > asked.pixels:
            raise Refused(Refusal.TOO_LARGE)
        picture = _opaque(_plain(page))
        if not paper.add(picture, picture.width * 72 / _DOTS_PER_INCH, picture.height * 72 / _DOTS_PER_INCH):
            break
    if not paper.pages:
        raise Refused(Refusal.MALFORMED)
    notes = ["pages-left-out"] if _has_more(image, paper.pages) else []
    return Made(paper.to_bytes(), "application/pdf", [("pages", str(paper.pages))], notes)
