from __future__ import annotations

import io
from collections.abc import Callable

import exifread
import pytest
from PIL import Image, ImageCms

from tocsin.evidence.safe_copy import KeptSealed, Reason, SafeCopy
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.copying import attempt, copied, fact, kept
from tocsin.evidence.tests.samples import CANARY, carries

RED, BLUE, LIME = (255, 0, 0), (0, 0, 255), (0, 255, 0)


def picture(made: SafeCopy) -> Image.Image:
    image = Image.open(io.BytesIO(made.data))
    image.load()
    return image


def close(one: object, other: tuple[int, int, int]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) < 30 for a, b in zip(one[:3], other, strict=True))


def shows_the_scene(image: Image.Image) -> bool:
    seen = image.convert("RGB")
    width, height = seen.size
    return (
        close(seen.getpixel((5, 5)), LIME)
        and close(seen.getpixel((width - 5, 5)), RED)
        and close(seen.getpixel((width // 2, height - 5)), BLUE)
    )


PHOTOS: list[tuple[Callable[[], bytes], str]] = [
    (samples.jpeg, "image/jpeg"),
    (samples.png, "image/png"),
    (samples.webp, "image/jpeg"),
    (samples.tiff, "image/jpeg"),
    (samples.bmp, "image/png"),
    (samples.avif, "image/jpeg"),
]


@pytest.mark.parametrize(("make", "media_type"), PHOTOS, ids=lambda told: getattr(told, "__name__", ""))
def test_a_photo_is_copied_with_its_picture_and_nothing_else(make: Callable[[], bytes], media_type: str) -> None:
    made = copied(make())
    assert made.media_type == media_type
    image = picture(made)
    assert image.size == (120, 80)
    assert shows_the_scene(image)
    assert not carries(made.data)
    assert not carries(made.data, "Paris")
    assert fact(made, "size") == ["120 × 80"]
    assert made.notes == ()


@pytest.mark.parametrize("make", [samples.jpeg, samples.png, samples.webp], ids=lambda make: make.__name__)
def test_no_metadata_is_left_that_a_library_could_read(make: Callable[[], bytes]) -> None:
    assert carries(make())
    assert dict(Image.open(io.BytesIO(make())).getexif()), "the sample must carry something to lose"
    made = copied(make())
    image = picture(made)
    assert exifread.process_file(io.BytesIO(made.data)) == {}
    assert dict(image.getexif()) == {}
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert getattr(image, "text", {}) == {}


def turned(orientation: int) -> Image.Image:
    """The scene as a camera held in that way stores it."""
    ways = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return samples.scene().transpose(ways[orientation])


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_rotated_photo_comes_out_upright(orientation: int) -> None:
    stored = samples.jpeg(orientation, turned(orientation))
    assert not shows_the_scene(Image.open(io.BytesIO(stored)))
    image = picture(copied(stored))
    assert image.size == (120, 80)
    assert shows_the_scene(image)


def test_colours_of_another_space_are_turned_into_srgb_and_the_profile_goes() -> None:
    out = io.BytesIO()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = lab.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")
    samples.scene().save(out, "PNG", icc_profile=swapped)
    image = picture(copied(out.getvalue()))
    assert "icc_profile" not in image.info
    assert close(image.getpixel((100, 5)), BLUE), "red of a profile whose red is blue"


def test_what_cannot_be_seen_through_stays_so_and_what_can_does_too() -> None:
    out = io.BytesIO()
    image = samples.scene().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(out, "PNG")
    assert picture(copied(out.getvalue())).mode == "RGBA"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "F"])
def test_pictures_of_every_mode_become_one_that_browsers_show(mode: str) -> None:
    out = io.BytesIO()
    source = samples.scene().convert("L").convert("F") if mode in ("I;16", "F") else samples.scene()
    image = source.convert("I").convert("I;16") if mode == "I;16" else source.convert(mode)
    image.save(out, "TIFF")
    assert picture(copied(out.getvalue())).mode in ("L", "RGB", "RGBA")


def test_an_animation_keeps_its_first_frames_and_the_rest_is_told() -> None:
    made = copied(samples.gif(6), frames=4)
    image = picture(made)
    assert (made.media_type, getattr(image, "n_frames", 1)) == ("image/png", 4)
    assert made.notes == ("frames-left-out",)
    assert not carries(made.data)
    assert close(image.convert("RGB").getpixel((5, 5)), RED)


def test_a_short_animation_is_whole() -> None:
    made = copied(samples.gif(3))
    assert getattr(picture(made), "n_frames", 1) == 3
    assert made.notes == ()


def test_a_scan_of_several_pages_becomes_a_document() -> None:
    made = copied(samples.tiff(3), pages=2)
    assert (made.media_type, made.extension) == ("application/pdf", "pdf")
    assert fact(made, "pages") == ["2"]
    assert made.notes == ("pages-left-out",)
    assert not carries(made.data)


def test_a_photo_that_was_cut_off_shows_what_came() -> None:
    whole = samples.jpeg(image=samples.scene((600, 400)))
    made = copied(whole[: len(whole) - 800])
    assert made.notes == ("damaged",)
    assert close(picture(made).getpixel((590, 5)), RED)
    assert not carries(made.data)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "TIFF"])
def test_a_picture_that_claims_to_be_huge_is_refused_before_it_is_decoded(form: str) -> None:
    assert kept(samples.claiming(form, 60_000, 60_000)) is Reason.TOO_LARGE


def test_a_picture_of_a_format_that_nobody_named_is_kept_sealed() -> None:
    icon = b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\0\0\0\0\x16\0\0\0"
    assert kept(b"8BPS\0\1" + bytes(200)) in (Reason.NO_CLEANER, Reason.UNKNOWN_KIND)
    assert kept(icon + bytes(200)) in (Reason.NO_CLEANER, Reason.UNKNOWN_KIND)


def test_a_photo_above_the_limit_is_refused_and_one_at_the_limit_is_not() -> None:
    assert kept(samples.jpeg(), pixels=120 * 80 - 1) is Reason.TOO_LARGE
    copied(samples.jpeg(), pixels=120 * 80)


def test_a_phones_photo_in_heic_is_copied() -> None:
    data = samples.heic()
    assert carries(data)
    made = attempt(data)
    if isinstance(made, KeptSealed) and made.reason is Reason.NO_CLEANER:
        pytest.skip("this machine's ffmpeg is older than 7.1 and does not read HEIC")
    assert isinstance(made, SafeCopy), made
    image = picture(made)
    assert (made.media_type, image.size) == ("image/jpeg", (320, 120))
    assert close(image.getpixel((160, 10)), RED)
    assert close(image.getpixel((160, 110)), BLUE)
    assert not carries(made.data, CANARY)


def test_a_heic_whose_picture_is_not_as_large_as_it_says_is_not_believed() -> None:
    """An old ffmpeg shows one tile of many as if it were the photo."""
    assert kept(samples.heic(claims=(4032, 3024))) is Reason.NO_CLEANER
