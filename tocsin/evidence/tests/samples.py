"""Small files of every kind, made on the fly, each with a canary wherever its format keeps data about its maker."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from tocsin.evidence import installed

CANARY = "CANARY-Ada-Lovelace"
PLACE = (12.0, 34.0, 56.789)  # degrees, minutes, seconds
XMP = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description xmp:CreateDate="2026-01-01" tiff:Model="{CANARY}" '
    f'exif:GPSLatitude="12,34N" aux:SerialNumber="{CANARY}"><dc:creator><rdf:li>{CANARY}</rdf:li></dc:creator>'
    f"<dc:title>{CANARY}</dc:title></rdf:Description></x:xmpmeta>"
)


def carries(data: bytes, words: str = CANARY) -> bool:
    """Whether ``words`` stand in ``data``, in any of the encodings that formats use, packed or not."""
    unpacked = [data]
    for at in _places_of(data, (b"\x78\x01", b"\x78\x9c", b"\x78\xda", b"\x78\x5e")):
        try:
            unpacked.append(zlib.decompressobj().decompress(data[at:], 1 << 22))
        except zlib.error:
            continue
    forms = [words.encode(), words.encode("utf-16-le"), words.encode("utf-16-be")]
    return any(form in piece for piece in unpacked for form in forms)


def _places_of(data: bytes, marks: Iterable[bytes]) -> Iterable[int]:
    for mark in marks:
        at = data.find(mark)
        while at >= 0:
            yield at
            at = data.find(mark, at + 1)


def open_to_others(folder: Path) -> None:
    """A child of root has another user id, and pytest's folders are private."""
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and each.stat().st_mode & 0o005 != 0o005:
            each.chmod(0o755)


# Pictures.


def scene(size: tuple[int, int] = (120, 80)) -> Image.Image:
    """Red above, blue below, a green square at the upper left."""
    image = Image.new("RGB", size, "red")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] // 2, size[0], size[1]), fill="blue")
    draw.rectangle((0, 0, size[0] // 6, size[1] // 6), fill="lime")
    return image


def exif(orientation: int = 1) -> Image.Exif:
    """Place, device, serial, author, software, remark, time."""
    told = Image.Exif()
    told[0x0112] = orientation
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B, 0x8298):
        told[tag] = CANARY
    told[0x0132] = "2026:01:01 10:00:00"
    told.get_ifd(0x8769).update(
        {0x9003: "2026:01:01 10:00:00", 0xA431: CANARY, 0xA430: CANARY, 0x9286: CANARY.encode()}
    )
    told.get_ifd(0x8825).update({1: "N", 2: PLACE, 3: "E", 4: PLACE})
    return told


def jpeg(orientation: int = 1, image: Image.Image | None = None) -> bytes:
    """A photo as a phone makes it, with everything a photo can give away."""
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (image or scene()).save(
        out,
        "JPEG",
        exif=exif(orientation),
        icc_profile=profile,
        comment=CANARY.encode(),
        xmp=XMP.encode(),
        quality=92,
    )
    data = out.getvalue()
    iptc = b"\x1c\x02\x50" + struct.pack(">H", len(CANARY)) + CANARY.encode() + b"\x1c\x02\x5a\x00\x05Paris"
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(iptc)) + iptc
    return data[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + data[2:]


def png() -> bytes:
    """With texts, a time, EXIF and XMP."""
    out = io.BytesIO()
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", CANARY)
    texts.add_text("Comment", CANARY, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP)
    texts.add(b"tIME", bytes([7, 234, 1, 1, 0, 0, 0]))
    scene().convert("RGBA").save(out, "PNG", pnginfo=texts, exif=exif())
    return out.getvalue()


def webp() -> bytes:
    """With EXIF and XMP."""
    out = io.BytesIO()
    scene().save(out, "WEBP", exif=exif(), xmp=XMP.encode(), lossless=True)
    return out.getvalue()


def tiff(pages: int = 1) -> bytes:
    """With EXIF; a scan when it has several pages."""
    out = io.BytesIO()
    first, *others = [scene() for _page in range(pages)]
    first.save(out, "TIFF", save_all=True, append_images=others, exif=exif())
    return out.getvalue()


def gif(frames: int = 3) -> bytes:
    """An animation that turns from red to blue, with a remark."""
    out = io.BytesIO()
    first, *others = [Image.new("RGB", (40, 30), (255 - 10 * n, 0, 10 * n)) for n in range(frames)]
    first.save(out, "GIF", save_all=True, append_images=others, comment=CANARY.encode(), duration=50)
    return out.getvalue()


def bmp() -> bytes:
    """Nothing but pixels."""
    out = io.BytesIO()
    scene().save(out, "BMP")
    return out.getvalue()


def avif() -> bytes:
    """With EXIF."""
    out = io.BytesIO()
    scene().save(out, "AVIF", exif=exif())
    return out.getvalue()


def claiming(form: str, width: int, height: int) -> bytes:
    """A picture that claims a size which it does not have."""
    if form == "PNG":
        small = png()
        head = b"IHDR" + struct.pack(">II", width, height) + small[24:29]
        return small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]
    if form == "JPEG":
        small = jpeg()
        at = small.index(b"\xff\xc0")
        return small[: at + 5] + struct.pack(">HH", min(height, 65535), min(width, 65535)) + small[at + 9 :]
    if form == "GIF":
        small = gif(1)
        at = small.index(b"\x2c")
        told = struct.pack("<HH", min(width, 65535), min(height, 65535))
        return small[:6] + told + small[10 : at + 5] + told + small[at + 9 :]
    assert form == "TIFF"
    out = bytearray(tiff())
    entries = struct.unpack_from("<H", out, struct.unpack_from("<I", out, 4)[0])[0]
    start = struct.unpack_from("<I", out, 4)[0] + 2
    for entry in range(entries):
        tag = struct.unpack_from("<H", out, start + 12 * entry)[0]
        if tag in (256, 257):
            struct.pack_into("<HII", out, start + 12 * entry + 2, 4, 1, width if tag == 256 else height)
    return bytes(out)


# PDF.


def pdf(pages: int = 1, *, extra: str = "", catalog: str = "", text: str = "Seen at the river", box: str = "") -> bytes:
    """Written by hand: pages with a line of text, information, XMP, and whatever else is asked for."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(pages))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R/Metadata 5 0 R {catalog}>>",
        2: f"<</Type/Pages/Count {pages}/Kids[{kids}]>>",
        3: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: f"<</Author({CANARY})/Title({CANARY})/Creator(Word)/Producer(x)/CreationDate(D:20260101100000Z)>>",
        5: f"<</Type/Metadata/Subtype/XML/Length {len(XMP)}>>stream\n{XMP}\nendstream",
    }
    for n in range(pages):
        shown = f"BT /F1 24 Tf 20 100 Td ({text} {n + 1}) Tj ET 1 0 0 rg 20 20 60 40 re f"
        objects[10 + 2 * n] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[{box or '0 0 300 200'}]/Contents {11 + 2 * n} 0 R"
            f"/Resources<</Font<</F1 3 0 R>>>> {extra if n == 0 else ''}>>"
        )
        objects[11 + 2 * n] = f"<</Length {len(shown)}>>stream\n{shown}\nendstream"
    return assembled(objects, "/Info 4 0 R")


def assembled(objects: dict[int, str], trailer: str = "") -> bytes:
    """A PDF of these objects, with the table that says where they are."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number, text in objects.items():
        places[number] = out.tell()
        out.write(f"{number} 0 obj\n{text}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {max(objects) + 1}\n".encode())
    for number in range(max(objects) + 1):
        used = number in places
        out.write(f"{places.get(number, 0):010} {0 if used else 65535:05} {'n' if used else 'f'} \n".encode())
    out.write(f"trailer\n<</Root 1 0 R/Size {max(objects) + 1}{trailer}>>\nstartxref\n{start}\n%%EOF\n".encode())
    return out.getvalue()


# Office packages.

_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
_CORE = (
    '<cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="urn:dc" xmlns:dcterms="urn:dcterms">'
    f"<dc:creator>{CANARY}</dc:creator><cp:lastModifiedBy>{CANARY}</cp:lastModifiedBy>"
    "<dcterms:created>2026-01-01</dcterms:created></cp:coreProperties>"
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def package(parts: dict[str, str | bytes], *, stored: Iterable[str] = ()) -> bytes:
    """A zip of these parts, in this order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text, zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


SEEN = "<w:p><w:r><w:t>Seen at the </w:t><w:t>river</w:t></w:r></w:p>"


def docx(body: str = SEEN, parts: dict[str, str | bytes] | None = None) -> bytes:
    """A Word document, with further ``parts``."""
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "docProps/core.xml": _CORE,
            "docProps/app.xml": f"<Properties><Application>Word</Application><Company>{CANARY}</Company></Properties>",
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            **(parts or {}),
        }
    )


def xlsx() -> bytes:
    """Two cells that refer to shared strings, one number."""
    words = "<si><t>Alpha</t></si><si><r><t>Be</t></r><r><t>ta</t></r></si>"
    cells = '<row><c t="s"><v>1</v></c><c><v>42</v></c></row><row><c t="s"><v>0</v></c></row>'
    return package(
        {
            "[Content_Types].xml": _TYPES,
            "xl/workbook.xml": "<workbook/>",
            "xl/sharedStrings.xml": f'<sst xmlns="urn:x">{words}</sst>',
            "xl/worksheets/sheet1.xml": f'<worksheet xmlns="urn:x">{cells}</worksheet>',
        }
    )


def pptx() -> bytes:
    """Eleven slides, to see that the tenth comes after the ninth."""
    slide = '<p:sld xmlns:p="urn:p" xmlns:a="urn:a"><a:p><a:r><a:t>Slide %d</a:t></a:r></a:p></p:sld>'
    slides = {f"ppt/slides/slide{n}.xml": slide % n for n in range(1, 12)}
    return package({"[Content_Types].xml": _TYPES, "ppt/presentation.xml": "<p/>", **slides})


def odt() -> bytes:
    """Text with a part in bold, and properties."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    body = "<text:h>Report</text:h><text:p>Seen <text:span>at</text:span> the river</text:p>"
    meta = f"<meta:generator>LibreOffice</meta:generator><meta:initial-creator>{CANARY}</meta:initial-creator>"
    meta += "<dc:date>2026</dc:date>"
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<o:document xmlns:o="{office}" xmlns:text="{text}">{body}</o:document>',
            "meta.xml": f'<o:meta xmlns:meta="urn:meta" xmlns:o="{office}" xmlns:dc="urn:dc">{meta}</o:meta>',
        },
        stored=["mimetype"],
    )


def old_office(stream: str = "WordDocument") -> bytes:
    """The beginning of an old Office file: enough to be recognised."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(600)


# Archives.


def archive(names: dict[str, bytes] | None = None) -> bytes:
    """A plain zip."""
    return package(dict(names or {"notes.txt": b"river", "photos/a.jpg": b"x" * 100}))


def tar(mode: str = "w") -> bytes:
    """A tar, packed when ``mode`` says so."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as made:  # type: ignore[call-overload]  # any of the write modes
        for name in ("notes.txt", "../../outside.txt"):
            told = tarfile.TarInfo(name)
            told.size = 5
            made.addfile(told, io.BytesIO(b"river"))
    return out.getvalue()


# Films and sound, by ffmpeg.


@cache
def ffmpeg() -> str:
    """The newest at hand makes the samples, whichever one makes the copies; skips the test where there is none."""
    found = installed._bundled_ffmpeg() or installed.ffmpeg()
    if found is None:
        pytest.skip("no ffmpeg: neither on this machine nor from the package imageio-ffmpeg")
    return str(found)


_TAGS = [f"{name}={CANARY}" for name in ("title", "artist", "comment", "location", "make", "model", "encoded_by")]


@cache
def recorded(name: str, *how: str, seconds: int = 2, picture: bool = True, rotate: int = 0) -> bytes:
    """A film or a sound with a canary in every tag. ``name`` says the container, ``how`` adds options."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, name)
        command = [ffmpeg(), "-nostdin", "-v", "error"]
        if picture:
            command += ["-f", "lavfi", "-i", "color=red:s=320x120:r=10,drawbox=y=60:h=60:c=blue:t=fill"]
        command += ["-f", "lavfi", "-i", "sine=frequency=440", "-t", str(seconds), *how]
        for tag in _TAGS:
            command += ["-metadata", tag]
        command += ["-metadata", "creation_time=2026-01-01T10:00:00Z", "-y", str(target)]
        subprocess.run(command, check=True, env={"PATH": os.environ.get("PATH", "")})
        if rotate:
            turned = Path(folder, f"turned-{name}")
            command = [ffmpeg(), "-nostdin", "-v", "error", "-display_rotation", str(rotate), "-i", str(target)]
            subprocess.run([*command, "-c", "copy", "-map_metadata", "0", "-y", str(turned)], check=True)
            target = turned
        return target.read_bytes()


def mp4() -> bytes:
    """As a phone makes it: QuickTime keys with place and device, the index at the end."""
    film = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return recorded("film.mp4", *film, "-movflags", "use_metadata_tags")


def mov_with_place() -> bytes:
    """QuickTime user data with the place (©xyz) and the device."""
    film = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    return recorded("film.mov", *film, "-metadata", "location=+12.3456+065.4321/")


def webm() -> bytes:
    """Matroska's child."""
    return recorded("film.webm", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus")


def mp3() -> bytes:
    """With ID3."""
    return recorded("sound.mp3", "-c:a", "libmp3lame", "-id3v2_version", "3", "-write_id3v1", "1", picture=False)


def wav() -> bytes:
    """With a LIST of information."""
    return recorded("sound.wav", picture=False)


def ogg() -> bytes:
    """With Vorbis comments."""
    return recorded("sound.ogg", "-c:a", "libopus", picture=False)


def frame_of(film: bytes, at: float = 0.5) -> Image.Image:
    """One picture of a film."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "film"), Path(folder, "frame.png")
        source.write_bytes(film)
        subprocess.run(
            [
                ffmpeg(),
                "-nostdin",
                "-v",
                "error",
                "-ss",
                str(at),
                "-i",
                str(source),
                "-frames:v",
                "1",
                "-y",
                str(target),
            ],
            check=True,
        )
        with Image.open(target) as image:
            return image.convert("RGB")


def tags_of(recording: bytes) -> str:
    """Everything that ffmpeg can say about a file's tags."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "recording")
        source.write_bytes(recording)
        command = [ffmpeg(), "-nostdin", "-v", "error", "-i", str(source), "-f", "ffmetadata", "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def heic(size: tuple[int, int] = (320, 120), claims: tuple[int, int] | None = None) -> bytes:
    """A HEIF file around one picture that ffmpeg encoded (ISO/IEC 23008-12), as phones write it but without tiles."""
    film = recorded("film.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-frames:v", "1", "-an")
    at = film.index(b"hvcC") - 4
    config = film[at : at + int.from_bytes(film[at : at + 4], "big")]
    start = film.index(b"mdat") + 4
    sample = film[start : start - 8 + int.from_bytes(film[start - 8 : start - 4], "big")]

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", 8 + len(content)) + kind + content

    def full(kind: bytes, content: bytes, version: int = 0, flags: int = 0) -> bytes:
        return box(kind, struct.pack(">I", version << 24 | flags) + content)

    size = claims or size
    tiff_block = exif().tobytes()
    note = struct.pack(">I", 6) + (tiff_block if tiff_block.startswith(b"Exif\0\0") else b"Exif\0\0" + tiff_block)

    def meta(offset: int) -> bytes:
        items = full(b"infe", struct.pack(">HH4sB", 1, 0, b"hvc1", 0), 2)
        items += full(b"infe", struct.pack(">HH4sB", 2, 0, b"Exif", 0), 2)
        places = struct.pack(">BBH", 0x44, 0, 2)
        places += struct.pack(">HHHII", 1, 0, 1, offset, len(sample))
        places += struct.pack(">HHHII", 2, 0, 1, offset + len(sample), len(note))
        properties = box(b"ipco", config + full(b"ispe", struct.pack(">II", *size)))
        properties += full(b"ipma", struct.pack(">IHBBB", 1, 1, 2, 0x81, 0x02))
        return full(
            b"meta",
            full(b"hdlr", struct.pack(">I4s12xB", 0, b"pict", 0))
            + full(b"pitm", struct.pack(">H", 1))
            + full(b"iloc", places)
            + full(b"iinf", struct.pack(">H", 2) + items)
            + box(b"iprp", properties)
            + full(b"iref", box(b"cdsc", struct.pack(">HHH", 2, 1, 1))),
        )

    brand = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    offset = len(brand) + len(meta(0)) + 8
    return brand + meta(offset) + box(b"mdat", sample + note)
