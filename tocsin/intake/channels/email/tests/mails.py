"""Mails as people and hostile programs send them."""

from __future__ import annotations

from email.message import EmailMessage

SENDER = "mia.sender@private.example"
CANARIES = (SENDER, "Mia Sender", "203.0.113.7", "private.example", "Mia's Phone")
"""What stands in the head of every mail and must never be stored."""


def mail(text: str | None = "Dead birds on the shore.", *, subject: str = "Birds", number: int = 1) -> EmailMessage:
    """A mail with a head as servers write it."""
    message = EmailMessage()
    message["Received"] = f"from private.example ([203.0.113.7]) by mx.authority.example id {number}"
    message["From"] = f"Mia Sender <{SENDER}>"
    message["Reply-To"] = SENDER
    message["To"] = "tips@authority.example"
    message["Date"] = "Tue, 24 Nov 2026 08:30:00 +0100"
    message["Message-ID"] = f"<{number}@private.example>"
    message["X-Mailer"] = "Mia's Phone"
    message["Subject"] = subject
    if text is not None:
        message.set_content(text)
    return message


def with_file(data: bytes = b"picture", name: str = "birds.jpg", *, number: int = 1) -> EmailMessage:
    """A mail with one attachment."""
    message = mail(number=number)
    message.add_attachment(data, maintype="image", subtype="jpeg", filename=name)
    return message


def nested(depth: int) -> bytes:
    """Multiparts in multiparts."""
    head = mail(None).as_bytes().rstrip(b"\n") + b"\n"
    openings = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(depth))
    closings = b"".join(b"\n--b%d--\n" % n for n in reversed(range(depth)))
    return head + openings + b"\nThe text at the bottom.\n" + closings
