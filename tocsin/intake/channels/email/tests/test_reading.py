"""Whatever a mail is made of, its text and files come out, and nothing that names its sender."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.intake.channels.email import reading
from tocsin.intake.channels.email.html_text import text_of_html
from tocsin.intake.channels.email.reading import Letter, MailFile, head_and_body, message_id, read_mail
from tocsin.intake.channels.email.tests.mails import CANARIES, mail, nested, with_file
from tocsin.intake.submission import shows_something
from tocsin.tips.content import clean_text


def read(message: EmailMessage | bytes) -> Letter:
    return read_mail(message if isinstance(message, bytes) else message.as_bytes())


def names(letter: Letter) -> list[str]:
    return [file.name for file in letter.files]


def everything(letter: Letter) -> str:
    return f"{letter.text}{letter.contact}{letter.remarks}" + "".join(
        f"{file.name}{file.data.decode(errors='replace')}" for file in letter.files
    )


def test_the_subject_is_the_first_line_and_the_text_follows() -> None:
    assert read(mail("Many birds.\n\nOn the shore.")) == Letter("Birds\n\nMany birds.\n\nOn the shore.")
    assert read(mail("Many birds.", subject="")).text == "Many birds."
    assert read(mail("", subject="Birds died")).text == "Birds died"


def test_quotes_and_signatures_stay_as_they_are() -> None:
    text = "I saw it too.\n\n> On Monday somebody wrote:\n> dead birds\n-- \nMia, Lakeside"
    assert read(mail(text)).text == f"Birds\n\n{text}"


@pytest.mark.parametrize(
    "message",
    [mail(), with_file(), b"X: 1\n" * 60_000 + mail().as_bytes(), nested(150)],
    ids=["text", "file", "too many headers", "nested too deeply"],
)
def test_nothing_of_the_head_is_kept_but_the_subject(message: EmailMessage | bytes) -> None:
    letter = read(message)
    for canary in CANARIES:
        assert canary not in everything(letter)


@pytest.mark.parametrize(
    "line",
    [
        "Contact: Mia, 0100 555",
        "contact : Mia, 0100 555",
        "CONTACT:Mia, 0100 555",
        "Contact\u00a0: Mia, 0100 555",
        "Contacto: Mia, 0100 555",
        "Контакт: Mia, 0100 555",
        "联系方式：Mia, 0100 555",
        "للتواصل: Mia, 0100 555",
    ],
)
def test_whoever_wants_to_be_reached_says_so_in_the_first_line(line: str) -> None:
    letter = read(mail(f"\n{line}\nDead birds."))
    assert (letter.text, letter.contact) == ("Birds\n\nDead birds.", "Mia, 0100 555")


@pytest.mark.parametrize(
    "text",
    [
        "Dead birds.\nContact: the firm, 0100 556",
        "> Contact: Mia",
        "Contact: " + "x" * 701,
        "Contact:",
        "My contact: Mia",
    ],
)
def test_anything_else_that_looks_like_a_contact_stays_in_the_text(text: str) -> None:
    letter = read(mail(text))
    assert (letter.text, letter.contact) == (f"Birds\n\n{text}", "")


def test_the_plain_text_is_taken_where_there_is_one() -> None:
    message = mail("Dead birds.")
    message.add_alternative("<p>Dead <b>birds</b>.</p>", subtype="html")
    assert read(message) == Letter("Birds\n\nDead birds.")


def test_html_that_says_much_more_than_the_text_beside_it_is_kept_as_a_file() -> None:
    message = mail("Your program shows no HTML.")
    message.add_alternative(f"<p>{'Dead birds on the shore. ' * 100}</p>", subtype="html")
    letter = read(message)
    assert letter.text == "Birds\n\nYour program shows no HTML."
    assert names(letter) == ["message.html"]


@pytest.mark.parametrize("plain", [None, " \n\u200b"])
def test_html_alone_becomes_text_and_is_kept_as_a_file(plain: str | None) -> None:
    message = mail(plain)
    page = (
        "<head><title>x</title></head><h1>Birds</h1><p>On the<br>shore&nbsp;&amp; in the lake</p><script>bad()</script>"
    )
    if plain is None:
        message.set_content(page, subtype="html")
    else:
        message.add_alternative(page, subtype="html")
    letter = read(message)
    assert letter.text == "Birds\n\nBirds\nOn the\nshore & in the lake"
    assert letter.remarks == ("mail_html",)
    assert letter.files[0].data.decode().strip() == page


def test_files_come_along_under_their_names() -> None:
    message = with_file(b"one", "../../Vögel 鸟.jpg")
    message.add_attachment(b"two", maintype="application", subtype="pdf", filename="C:\\papers\\list.pdf")
    message.add_attachment(b"", maintype="text", subtype="plain", filename="empty.txt")
    message.add_attachment(b"three", maintype="image", subtype="png")
    letter = read(message)
    assert letter.text == "Birds\n\nDead birds on the shore."
    assert letter.files == (
        MailFile("Vögel 鸟.jpg", b"one"), MailFile("list.pdf", b"two"), MailFile("file.png", b"three")
    )  # fmt: skip


def test_a_picture_inside_the_formatted_part_is_a_file_too() -> None:
    message = mail("Dead birds.")
    message.add_alternative('<p>Dead birds.</p><img src="cid:1">', subtype="html")
    part = message.get_payload()[1]  # type: ignore[index]  # the HTML part of the alternative
    part.add_related(b"picture", "image", "jpeg", cid="<1>", filename="birds.jpg")  # type: ignore[union-attr]  # a part is a message
    letter = read(message)
    assert (letter.text, names(letter)) == ("Birds\n\nDead birds.", ["birds.jpg"])


def test_what_exchange_wraps_up_is_kept_as_it_is() -> None:
    message = mail("See the file.")
    message.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert read(message).files == (MailFile("winmail.dat", b"\x78\x9f\x3e\x22"),)


def test_a_forwarded_mail_is_a_file_and_its_text_is_not_the_writers() -> None:
    message = mail("Look what they wrote.")
    inner = mail("Contact: nobody\nBury them.", subject="Order", number=2)
    message.add_attachment(inner)
    letter = read(message)
    assert (letter.text, letter.contact, names(letter)) == ("Birds\n\nLook what they wrote.", "", ["message.eml"])
    assert b"Bury them." in letter.files[0].data


def test_a_sealed_mail_is_kept_for_whoever_has_the_key() -> None:
    raw = (
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=x\n\n'
        b"--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
        b"--x\nContent-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--x--\n"
    )
    letter = read(raw)
    assert (letter.text, names(letter)[-1]) == ("", "encrypted.asc")


TEXT = "鸟死了，很多。"


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-8", TEXT.encode()),
        ("gb2312", TEXT.encode("gb18030")),
        ("us-ascii", TEXT.encode()),
        ("klingon", TEXT.encode()),
        ("utf-8", TEXT.encode("utf-8")),
        ("big5", "鳥死了".encode("big5")),
    ],
)
def test_letters_of_every_script_come_through_also_when_the_mail_is_wrong_about_them(charset: str, data: bytes) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode() + data
    assert read(raw).text in (TEXT, "鳥死了")


@pytest.mark.parametrize("charset", ["utf-8", 'utf-8"; x="', "a\x00b", "undefined", "punycode", "idna", "rot13", "hex"])
def test_bytes_that_are_no_text_are_shown_as_far_as_they_go(charset: str) -> None:
    raw = f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n".encode()
    assert "dead" in read(raw + b"dead \xff\xfe birds \x81").text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("=?utf-8?B?6bif?=", "鸟"),
        ("=?utf-8?Q?V=C3=B6gel?= tot", "Vögel tot"),
        ("=?klingon?Q?birds?=", "birds"),
        ("=?utf-8?B?#####?=", "=?utf-8?B?#####?="),
        ("a\n b", "a"),
    ],
)
def test_subjects_are_decoded_as_far_as_they_can_be(told: str, text: str) -> None:
    assert read(f"Subject: {told}\n\n".encode()).text.startswith(text)


def test_a_text_that_is_too_long_is_whole_in_a_file() -> None:
    letter = read(mail("x" * 300_000))
    assert len(letter.text) == 200_000
    assert letter.remarks == ("mail_cut",)
    assert letter.files == (MailFile("message.txt", f"Birds\n\n{'x' * 300_000}".encode()),)


@pytest.mark.parametrize(
    "bomb",
    [
        nested(150),
        nested(99),
        b"Content-Type: message/rfc822\n\n" * 20_000 + b"bottom",
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * 100_000,
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + b"a: b\n" * 600_000,
        b"a: b\n" * 300_000,
        b"\n" * 3_000_000,
        b"Content-Type: multipart/mixed; boundary*0=b; boundary*1=c\n\n--bc\n" * 150,
        b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
        b"Content-Type: text/html\n\n" + b"<div>" * 90_000,
        b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
        b'Content-Type: text/plain; name="' + b'\\"' * 50_000,
        b"Content-Type: text/plain; " + b"name*%d=x; " * 10_000,
        b"Content-Type: " + b"a/" * 100_000,
        b"Subject: " + b"=?utf-8?Q?x?= " * 15_000,
        b"Content-Type: multipart/alternative\n\nno boundary",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n",
        b"Content-Transfer-Encoding: base64\n\n" + b"=" * 1_000_000,
        b"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 x\nM" + b"!" * 1_000_000,
        b"Content-Type: message/external-body\n\n",
        b"Content-Type: message/partial\n\nx",
        b"\x00" * 100_000,
        b"",
        b"\n\n",
        b": \n: \n\n",
    ],
    ids=range(25),
)
def test_no_mail_takes_down_whoever_reads_it_and_what_was_in_it_is_kept(bomb: bytes) -> None:
    begun = time.perf_counter()
    letter = read(bomb)
    assert time.perf_counter() - begun < 20
    assert letter.text or letter.files or not head_and_body(bomb)[1].strip(b"\0\r\n ")


def test_what_cannot_be_read_is_kept_whole_but_for_its_sender() -> None:
    body = b"".join(b"\n--x\n\npart %d" % n for n in range(3_000))
    head = mail(None).as_bytes().rstrip(b"\n") + b"\nContent-Type: multipart/mixed;\n boundary=x\n"
    letter = read(head + b"\n" + body)
    assert letter.remarks == ("mail_unreadable",)
    (file,) = letter.files
    assert file.data == b"Content-Type: multipart/mixed;\n boundary=x\n\r\n" + body


def test_a_fault_in_the_parser_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(reading, "found_in", fails)
    letter = read(mail("Dead birds."))
    assert letter.remarks == ("mail_unreadable",)
    assert b"Dead birds." in letter.files[0].data


def test_a_mails_id_is_found_or_is_nothing() -> None:
    assert message_id(mail().as_bytes()) == "<1@private.example>"
    assert message_id(b"Subject: x\n\n") == ""


@settings(max_examples=200)
@given(
    st.text(max_size=300),
    st.text(max_size=60),
    st.lists(st.tuples(st.binary(min_size=1), st.text(max_size=20)), max_size=3),
)
def test_every_mail_that_can_be_written_is_read_as_it_was_meant(
    text: str, subject: str, files: list[tuple[bytes, str]]
) -> None:
    written = clean_text(text)
    message = mail(None, subject=" ".join(clean_text(subject).split()))
    message.set_content(written.encode("utf-8", "replace").decode(), charset="utf-8", cte="base64")
    for data, _name in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename="f.bin")
    letter = read(message)
    assert [file.data for file in letter.files] == [data for data, _name in files]
    assert clean_text(written) in letter.text or letter.contact or not shows_something(written)


@given(st.binary(max_size=500))
def test_any_bytes_can_be_read(raw: bytes) -> None:
    assert isinstance(read(raw), Letter)


@given(st.binary(max_size=300))
def test_any_html_can_be_turned_into_text(data: bytes) -> None:
    text = text_of_html(data.decode("latin-1"))
    assert "<script" not in text or b"&lt" in data
