from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from tocsin.evidence import installed, sandbox
from tocsin.evidence.confinement import Confinement
from tocsin.evidence.safe_copy import Reason, SafeCopy
from tocsin.evidence.tests import samples
from tocsin.evidence.tests.copying import copied, fact, kept
from tocsin.evidence.tests.samples import CANARY, carries, open_to_others


def pages_of(made: SafeCopy) -> list[Image.Image]:
    document = pypdfium2.PdfDocument(made.data)
    return [page.render(scale=1).to_pil().convert("RGB") for page in document]


def dark(image: Image.Image) -> int:
    """Pixels that carry ink."""
    return sum(image.convert("L").histogram()[:100])


# PDF.


def test_a_pdf_is_copied_page_by_page_as_pictures() -> None:
    made = copied(samples.pdf(3))
    assert (made.media_type, made.extension, made.notes) == ("application/pdf", "pdf", ())
    assert fact(made, "pages") == ["3"]
    document = pypdfium2.PdfDocument(made.data)
    assert [page.get_size() for page in document] == [(300, 200)] * 3
    assert [len(list(page.get_objects())) for page in document] == [1, 1, 1]
    assert all(page.get_textpage().count_chars() == 0 for page in document), "pictures, no text"


def test_the_pages_still_show_what_they_showed() -> None:
    before = [page.render(scale=1).to_pil().convert("RGB") for page in pypdfium2.PdfDocument(samples.pdf(2))]
    after = pages_of(copied(samples.pdf(2)))
    for one, other in zip(before, after, strict=True):
        assert dark(one) > 50
        assert abs(dark(one) - dark(other)) < 0.5 * dark(one)
        red = other.getpixel((50, 160))
        assert isinstance(red, tuple)
        assert red[0] > 200 > 60 > red[2]


def test_no_metadata_of_a_pdf_is_left_and_not_even_when_the_copy_was_made() -> None:
    assert carries(samples.pdf())
    made = copied(samples.pdf())
    assert not carries(made.data)
    told = pypdfium2.PdfDocument(made.data).get_metadata_dict()
    assert {name: text for name, text in told.items() if text} == {
        "Creator": "PDFium",
        "CreationDate": "D:00000000000000+00'00'",
    }


def test_scripts_links_and_attachments_stay_behind_and_the_copy_says_so() -> None:
    catalog = (
        "/Names<</JavaScript<</Names[(x)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>"
        "/EmbeddedFiles<</Names[(a.exe)<</Type/Filespec/F(a.exe)/EF<</F 5 0 R>>>>]>>>>/OpenAction<</S/URI/URI(http://x.example)>>"
    )
    link = "/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<</S/URI/URI(http://tracker.example)>>>>]"
    made = copied(samples.pdf(extra=link, catalog=catalog))
    assert set(made.notes) == {"attachments", "scripts"}
    for word in (b"JavaScript", b"URI", b"EmbeddedFile", b"Annots", b"OpenAction", b"tracker"):
        assert word not in made.data


def test_only_the_first_pages_of_a_long_document_are_copied_and_that_is_said() -> None:
    made = copied(samples.pdf(5), pages=2)
    assert len(pages_of(made)) == 2
    assert fact(made, "pages") == ["5"]
    assert made.notes == ("pages-left-out",)


def test_pages_that_do_not_fit_into_the_output_are_left_out() -> None:
    made = copied(samples.pdf(5), output_bytes=60_000)
    assert 1 <= len(pages_of(made)) < 5
    assert made.notes == ("pages-left-out",)
    assert len(made.data) <= 60_000


def test_a_page_of_any_size_becomes_a_picture_of_bounded_size() -> None:
    made = copied(samples.pdf(box="0 0 14400 14400"))
    assert pypdfium2.PdfDocument(made.data)[0].get_size() == (14400, 14400)
    assert len(made.data) < 5_000_000


def encrypted_pdf() -> bytes:
    """With a user password (standard handler, revision 2): enough that a reader asks for it."""
    objects = {
        1: "<</Type/Catalog/Pages 2 0 R>>",
        2: "<</Type/Pages/Count 0/Kids[]>>",
        3: f"<</Filter/Standard/V 1/R 2/P -4/O<{'11' * 32}>/U<{'22' * 32}>>>",
    }
    return samples.assembled(objects, f"/Encrypt 3 0 R/ID[<{'00' * 16}><{'00' * 16}>]")


def test_an_encrypted_pdf_is_kept_sealed() -> None:
    assert kept(encrypted_pdf()) is Reason.ENCRYPTED


# Office: text only.


def test_a_documents_text_is_copied_where_it_cannot_be_printed(no_office: None) -> None:
    made = copied(samples.docx())
    assert made.data.decode().strip() == "Seen at the river"
    assert (made.media_type, made.extension, made.notes) == ("text/plain", "txt", ("text-only",))
    assert not carries(made.data)


@pytest.fixture
def no_office(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without LibreOffice."""
    settings.TOCSIN_SOFFICE = ""
    monkeypatch.setattr(installed, "soffice", lambda: None)


@pytest.mark.usefixtures("no_office")
def test_a_table_is_copied_with_its_words_in_their_cells() -> None:
    assert copied(samples.xlsx()).data.decode() == "Beta\t42\t\nAlpha\t\n"


@pytest.mark.usefixtures("no_office")
def test_slides_come_in_their_order() -> None:
    assert copied(samples.pptx()).data.decode().split("\n")[8:11] == ["Slide 9", "Slide 10", "Slide 11"]


@pytest.mark.usefixtures("no_office")
def test_an_open_document_is_read_in_order_with_what_stands_between_its_parts() -> None:
    made = copied(samples.odt())
    assert made.data.decode() == "Report\nSeen at the river\n"
    assert not carries(made.data)


@pytest.mark.usefixtures("no_office")
def test_warnings_of_a_document_go_with_the_copy() -> None:
    outside = '<Relationships><Relationship Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>'
    made = copied(
        samples.docx(
            parts={"word/vbaProject.bin": b"x", "word/_rels/settings.xml.rels": outside, "word/embeddings/a.bin": b"x"},
        )
    )
    assert set(made.notes) == {"text-only", "macros", "links-outside", "attachments"}
    assert b"evil" not in made.data


@pytest.mark.usefixtures("no_office")
def test_a_long_document_is_cut_and_hidden_signs_are_shown() -> None:
    body = "<w:p><w:r><w:t>" + "river \u202ereviR " * 100 + "</w:t></w:r></w:p>"
    made = copied(samples.docx(body), characters=200)
    assert set(made.notes) == {"text-only", "text-left-out", "hidden-shown"}
    assert "[U+202E]" in made.data.decode()


BOMB = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
)
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l xmlns="urn:t"><t>&x;</t></l>'


DECLARED = {
    "laughs": BOMB + "]><l><t>&j;</t></l>",
    "outside": OUTSIDE,
    "one small entity": '<!DOCTYPE l [<!ENTITY a "river">]><l xmlns="urn:t"><t>&a;</t></l>',
    "a DTD alone": '<!DOCTYPE l SYSTEM "http://evil.example/l.dtd"><l xmlns="urn:t"><t>river</t></l>',
    "open": "<open>",
    "zero": "\0\0",
}


@pytest.mark.usefixtures("no_office")
@pytest.mark.parametrize("part", DECLARED.values(), ids=list(DECLARED))
def test_hostile_xml_is_refused(part: str) -> None:
    assert kept(samples.package({"[Content_Types].xml": "<T/>", "word/document.xml": part})) is Reason.MALFORMED


@pytest.mark.usefixtures("no_office")
def test_a_part_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = samples.package({"[Content_Types].xml": "<T/>", "word/document.xml": bytes(80 * 1024 * 1024)})
    assert len(bomb) < 200_000
    assert kept(bomb) is Reason.TOO_LARGE


@pytest.mark.usefixtures("no_office")
def test_a_long_string_that_cells_repeat_without_end_is_cut() -> None:
    cells = '<c t="s"><v>0</v></c>' * 20_000
    table = samples.package(
        {
            "[Content_Types].xml": "<T/>",
            "xl/sharedStrings.xml": f'<s xmlns="urn:x"><si><t>{"x" * 500_000}</t></si></s>',
            "xl/worksheets/sheet1.xml": f'<w xmlns="urn:x"><row>{cells}</row></w>',
        }
    )
    made = copied(table, output_bytes=3_000_000)
    assert len(made.data) <= 1_100_000
    assert "text-left-out" in made.notes


@pytest.mark.usefixtures("no_office")
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (samples.old_office, Reason.NO_CLEANER),
        (lambda: samples.old_office("EncryptedPackage"), Reason.ENCRYPTED),
        (lambda: b"{\\rtf1 hello}", Reason.NO_CLEANER),
    ],
    ids=["old", "encrypted", "rtf"],
)
def test_what_only_an_office_could_read_is_kept_sealed_without_one(make: Callable[[], bytes], reason: Reason) -> None:
    assert kept(make()) is reason


# Office: printed.


@pytest.fixture
def printing(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Stands in for LibreOffice: a shell script where its program would be."""
    program = tmp_path / "program" / "soffice"
    program.parent.mkdir()
    (tmp_path / "printed.pdf").write_bytes(samples.pdf(2))
    open_to_others(tmp_path)

    def install(does: str) -> None:
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
        settings.TOCSIN_SOFFICE = str(program)

    return install


WALLED = pytest.mark.skipif(
    not sandbox.strongest().cuts_network, reason="a document is printed only where no packet can leave"
)


@WALLED
def test_a_document_is_printed_where_an_office_is_at_hand(printing: Callable[[str], None], tmp_path: Path) -> None:
    printing(f'test -f in.docx && test -w . && case "$*" in *--headless*) cp {tmp_path}/printed.pdf in.pdf;; esac')
    made = copied(samples.docx())
    assert (made.media_type, len(pages_of(made)), made.notes) == ("application/pdf", 2, ())
    assert not carries(made.data)


@WALLED
@pytest.mark.parametrize("does", ["exit 1", "exit 0", "kill -9 $$"])
def test_an_office_that_fails_leaves_the_text(printing: Callable[[str], None], does: str) -> None:
    printing(does)
    assert copied(samples.docx()).notes == ("text-only",)


@WALLED
def test_an_office_that_writes_nonsense_gives_no_copy(printing: Callable[[str], None]) -> None:
    printing("echo nonsense > in.pdf")
    assert kept(samples.docx()) is Reason.MALFORMED


@WALLED
def test_an_office_that_hangs_ends_with_the_time(printing: Callable[[str], None]) -> None:
    printing("sleep 300")
    assert kept(samples.docx(), wall_seconds=3.0) is Reason.TAKES_TOO_LONG


def test_no_office_is_started_where_a_packet_could_leave(
    printing: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    printing(f"touch {tmp_path}/was-started; cp {tmp_path}/printed.pdf in.pdf")
    monkeypatch.setattr(sandbox, "strongest", lambda: Confinement.LIMITS)
    assert copied(samples.docx()).notes == ("text-only",)
    assert not (tmp_path / "was-started").exists()


def test_the_real_office_prints_a_document() -> None:
    if installed.soffice() is None or not sandbox.strongest().cuts_network:
        pytest.skip("no LibreOffice on this machine, or no walls to start it behind")
    made = copied(real_docx())
    assert made.media_type == "application/pdf"
    assert dark(pages_of(made)[0]) > 20
    assert not carries(made.data, CANARY)


def real_docx() -> bytes:
    """As Word writes it, with everything that a reader insists on."""
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    rels = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{relation}" Target="word/document.xml"/></Relationships>'
    )
    body = "<w:p><w:r><w:t>Seen at the river</w:t></w:r></w:p>"
    document = f'<?xml version="1.0"?><w:document xmlns:w="{samples.WORD}"><w:body>{body}</w:body></w:document>'
    return samples.package({"[Content_Types].xml": types, "_rels/.rels": rels, "word/document.xml": document})


def test_a_document_is_a_zip_that_opens(no_office: None) -> None:
    import zipfile

    assert zipfile.ZipFile(io.BytesIO(real_docx())).testzip() is None
    assert copied(real_docx()).data.decode().strip() == "Seen at the river"
