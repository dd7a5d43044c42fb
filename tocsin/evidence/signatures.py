"""First bytes that name a format. Own checks for what people send; ``puremagic`` for everything else."""

from __future__ import annotations

import struct
from typing import Final

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

# Offset, bytes, media type. Order matters only where one begins like another.
_FIXED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"MThd", "application/x-midi"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x00\x00\x01\xba", "video/mpeg"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "video/x-ms-asf"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (0, b"(\xb5/\xfd", "application/zstd"),
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    (257, b"ustar", "application/x-tar"),
    (32769, b"CD001", "application/x-iso9660-image"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"dex\n0", "application/x-dex"),
    (0, b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
)
_PROGRAMS: Final = {
    "application/x-executable",
    "application/vnd.microsoft.portable-executable",
    "application/x-dex",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
}
_OF_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_OF_FTYP = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_OLE_NAMES = (
    ("EncryptedPackage", "application/x-encrypted-office"),
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)
_ATOMS = (b"moov", b"mdat", b"free", b"wide", b"skip")  # of QuickTime files that begin without ftyp
_LATEST_PDF = 1024  # bytes before "%PDF-" that readers put up with
_BY_PUREMAGIC_ALONE = ("image/", "audio/", "video/")  # of its many guesses these decide; each is checked again
_SUREST = 0.8


def own(head: bytes) -> str:
    """The media type, or "" when none of these fits."""
    for offset, magic, media_type in _FIXED:
        if head.startswith(magic, offset):
            return media_type
    for ask in (_riff, _ftyp, _ole, _matroska, _bitmap, _windows_program, _mpeg_audio, _transport_stream, _late_pdf):
        found = ask(head)
        if found:
            return found
    return ""


def is_program(head: bytes) -> bool:
    """Whether a machine would run it: native code, a script with its interpreter named, a shortcut."""
    return own(head) in _PROGRAMS or head.startswith(b"#!/")


def by_puremagic(head: bytes) -> str:
    """What the collection of signatures says, where it is sure; "" otherwise."""
    import puremagic

    try:
        guesses = puremagic.magic_string(head)
    except (ValueError, IndexError, puremagic.PureError):
        return ""
    for guess in guesses:
        if guess.confidence >= _SUREST and guess.mime_type.startswith(_BY_PUREMAGIC_ALONE):
            return str(guess.mime_type)
    return ""


def _riff(head: bytes) -> str:
    return _OF_RIFF.get(head[8:12], "") if head.startswith(b"RIFF") else ""


def _ftyp(head: bytes) -> str:
    """The ISO base media family (ISO/IEC 14496-12): the main brand decides, then the compatible ones, else a film."""
    if head[4:8] in _ATOMS and int.from_bytes(head[:4], "big") >= 8:
        return "video/quicktime"
    if head[4:8] != b"ftyp":
        return ""
    size = min(int.from_bytes(head[:4], "big"), 512)
    main = _OF_FTYP.get(head[8:12], "")
    if main and main != "image/heif":
        return main
    others = [_OF_FTYP.get(head[at : at + 4], "") for at in range(16, size, 4)]
    finer = [each for each in others if each.startswith("image/") and each != "image/heif"]
    # "mif1" is some picture; a compatible brand says which.
    return finer[0] if finer else main or "video/mp4"


def _ole(head: bytes) -> str:
    """Old Office files: a file system whose folder names its streams in UTF-16."""
    if not head.startswith(_OLE):
        return ""
    for name, media_type in _OLE_NAMES:
        if name.encode("utf-16-le") in head:
            return media_type
    return "application/x-ole-storage"


def _matroska(head: bytes) -> str:
    if not head.startswith(b"\x1aE\xdf\xa3"):
        return ""
    return "video/webm" if b"webm" in head[:64] else "video/x-matroska"


def _bitmap(head: bytes) -> str:
    if len(head) < 18 or not head.startswith(b"BM"):
        return ""
    return "image/bmp" if struct.unpack_from("<I", head, 14)[0] in (12, 40, 52, 56, 64, 108, 124) else ""


def _windows_program(head: bytes) -> str:
    if not head.startswith(b"MZ") or len(head) < 64:
        return ""
    offset = struct.unpack_from("<I", head, 60)[0]
    known = head[offset : offset + 2] in (b"PE", b"NE", b"LE", b"LX") or b"DOS mode" in head[:512]
    return "application/vnd.microsoft.portable-executable" if known else ""


def _mpeg_audio(head: bytes) -> str:
    """MP3 and AAC without a header of the file: two frames that follow each other as their own headers say."""
    if len(head) < 8 or head[0] != 0xFF:
        return ""
    if head[1] & 0xF6 == 0xF0:  # ADTS, ISO/IEC 13818-7
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        again = head[length : length + 2]
        return "audio/aac" if length > 7 and len(again) == 2 and again[0] == 0xFF and again[1] & 0xF6 == 0xF0 else ""
    length = _mp3_frame(head)
    return "audio/mpeg" if length and head[length : length + 1] == b"\xff" and _mp3_frame(head[length:]) else ""


_MP3_RATES = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_MP3_HERTZ = {3: (44100, 48000, 32000, 0), 2: (22050, 24000, 16000, 0), 0: (11025, 12000, 8000, 0)}


def _mp3_frame(head: bytes) -> int:
    """Length of the layer III frame that ``head`` begins with, 0 when it does not (ISO/IEC 11172-3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version = head[1] >> 3 & 3
    rate = _MP3_RATES.get(3 if version == 3 else 2, ())[head[2] >> 4]
    hertz = _MP3_HERTZ.get(version, (0, 0, 0, 0))[head[2] >> 2 & 3]
    if not rate or not hertz:
        return 0
    return (144 if version == 3 else 72) * rate * 1000 // hertz + (head[2] >> 1 & 1)


def _transport_stream(head: bytes) -> str:
    """MPEG-TS: every 188th byte is 0x47."""
    return "video/mp2t" if len(head) > 4 * 188 and all(head[at] == 0x47 for at in range(0, 5 * 188, 188)) else ""


def _late_pdf(head: bytes) -> str:
    """Readers look for the header in the first kilobyte. A text that speaks of one at its beginning is still a text."""
    at = head[:_LATEST_PDF].find(b"%PDF-")
    return "application/pdf" if at > 0 and b"obj" in head[at : at + 65536] else ""
