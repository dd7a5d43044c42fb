"""The key file that a custodian brings along in a form: uploaded into memory, or pasted as text."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.desk.doors import StaffRequest


@dataclass(frozen=True)
class CarriedKey:
    """Content of the file and the passphrase that was typed; says nothing in logs."""

    key_file: bytes
    passphrase: str

    def __repr__(self) -> str:
        """No key in any traceback."""
        return "CarriedKey(…)"


def carried_key(request: StaffRequest) -> CarriedKey:
    """What came with the form; the file comes before the text."""
    uploaded = request.FILES.get("key_file")
    content = uploaded.read() if uploaded else request.POST.get("key_text", "").encode("utf-8", "replace")
    return CarriedKey(content, request.POST.get("passphrase", ""))
