"""What a file is, by its content. A name never decides: it is only compared."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tocsin.evidence import packages, signatures, texts

HEAD_BYTES: Final = 256 * 1024
TAIL_BYTES: Final = 64 * 1024


class Family(StrEnum):
    """Families of files; each but ``OTHER`` has a cleaner of that name."""

    IMAGE = "image"
    PDF = "pdf"
    OFFICE = "office"
    AUDIO = "audio"
    VIDEO = "video"
    ARCHIVE = "archive"
    APK = "apk"
    TEXT = "text"
    OTHER = "other"


class Doubt(StrEnum):
    """What speaks against taking a file for what its beginning says. ``sentences.of_doubt`` has the words."""

    NAME_DISAGREES = "name-disagrees"
    BEGINS_LATE = "begins-late"  # the real beginning comes after something else
    ZIP_AT_THE_END = "zip-at-the-end"
    PDF_INSIDE = "pdf-inside"
    WEB_PAGE_INSIDE = "web-page-inside"
    PROGRAM = "program"


@dataclass(frozen=True)
class Kind:
    """``media_type``: as IANA or common use names it; ``application/octet-stream`` when nobody knows."""

    family: Family
    media_type: str
    doubts: tuple[Doubt, ...] = ()


def kind_of(head: bytes, name: str = "", tail: bytes = b"") -> Kind:
    """The kind of a file from its first bytes (``HEAD_BYTES`` are enough) and, where at hand, its last ``TAIL_BYTES``.

    ``tail`` may overlap with ``head``. Without it an APK whose first files do not tell is an archive, and a zip behind
    another file is not seen unless the whole file is in ``head``. Never raises, whatever the bytes.
    """
    head, tail = head[:HEAD_BYTES], (tail or head)[-TAIL_BYTES:]
    media_type = _media_type(head, tail)
    family = _family(media_type)
    doubts = list(_doubts(media_type, family, head, tail))
    if name and _name_disagrees(name, media_type, family):
        doubts.append(Doubt.NAME_DISAGREES)
    return Kind(family, media_type, tuple(doubts))


def _media_type(head: bytes, tail: bytes) -> str:
    for ask in (
        signatures.own,
        lambda data: packages.media_type(data, tail),
        texts.media_type,
        signatures.by_puremagic,
    ):
        found = ask(head)
        if found:
            return found
    return "application/octet-stream"


_FAMILIES: dict[str, Family] = {
    "application/pdf": Family.PDF,
    "application/vnd.android.package-archive": Family.APK,
    "application/msword": Family.OFFICE,
    "application/vnd.ms-excel": Family.OFFICE,
    "application/vnd.ms-powerpoint": Family.OFFICE,
    "application/x-ole-storage": Family.OFFICE,
    "application/x-encrypted-office": Family.OFFICE,
    "application/rtf": Family.OFFICE,
    "application/ogg": Family.AUDIO,
    "image/svg+xml": Family.TEXT,
    "message/rfc822": Family.TEXT,
    "application/json": Family.TEXT,
}
_ARCHIVES = {
    "application/zip",
    "application/epub+zip",
    "application/java-archive",
    "application/x-tar",
    "application/gzip",
    "application/x-bzip2",
    "application/x-xz",
    "application/zstd",
    "application/x-7z-compressed",
    "application/vnd.rar",
    "application/vnd.ms-cab-compressed",
    "application/x-iso9660-image",
}
_OFFICE_PREFIXES = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")


def _family(media_type: str) -> Family:
    if media_type in _FAMILIES:
        return _FAMILIES[media_type]
    if media_type in _ARCHIVES:
        return Family.ARCHIVE
    if media_type.startswith(_OFFICE_PREFIXES):
        return Family.OFFICE
    start = media_type.partition("/")[0]
    return Family(start) if start in ("image", "audio", "video", "text") else Family.OTHER


def _doubts(media_type: str, family: Family, head: bytes, tail: bytes) -> list[Doubt]:
    doubts = []
    is_zip = head.startswith(b"PK")
    lowered = head[:4096].lower()
    if signatures.is_program(head):
        doubts.append(Doubt.PROGRAM)
    if family is Family.PDF and not head.startswith(b"%PDF-"):
        doubts.append(Doubt.BEGINS_LATE)
    if family is not Family.PDF and b"%PDF-" in head[:1024]:
        doubts.append(Doubt.PDF_INSIDE)
    if not is_zip and packages.ends_like_zip(tail):
        doubts.append(Doubt.ZIP_AT_THE_END)
    if family is not Family.TEXT and (b"<script" in lowered or b"<html" in lowered):
        doubts.append(Doubt.WEB_PAGE_INSIDE)
    return doubts


# What the part after the last point promises. Extensions that are not here promise nothing.
_PROMISES: dict[Family, tuple[str, ...]] = {
    Family.IMAGE: ("jpg", "jpeg", "png", "gif", "webp", "heic", "heif", "avif", "bmp", "tif", "tiff"),
    Family.PDF: ("pdf",),
    Family.OFFICE: ("docx", "xlsx", "pptx", "odt", "ods", "odp", "doc", "xls", "ppt", "rtf", "wps", "et", "dps"),
    Family.AUDIO: ("mp3", "m4a", "ogg", "oga", "opus", "wav", "flac", "aac", "amr", "wma", "aiff"),
    Family.VIDEO: ("mp4", "mov", "avi", "mkv", "webm", "wmv", "flv", "3gp", "mpg", "mpeg", "m4v"),
    Family.ARCHIVE: ("zip", "rar", "7z", "tar", "gz", "tgz", "bz2", "xz"),
    Family.APK: ("apk",),
    Family.TEXT: ("txt", "csv", "html", "htm", "svg", "xml", "json", "eml", "log", "md"),
}
_TOGETHER = ({Family.AUDIO, Family.VIDEO},)  # one container, two uses: an .mp4 with sound only is no lie


def _name_disagrees(name: str, media_type: str, family: Family) -> bool:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    promised = next((each for each, known in _PROMISES.items() if extension in known), None)
    if promised is None or promised is family or media_type == "application/octet-stream":
        return promised is not None and promised is not family
    return not any(promised in pair and family in pair for pair in _TOGETHER)
