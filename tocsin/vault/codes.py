"""The nine words: 96 random bits and 3 bits of checksum over the BIP-39 word lists, in the reporter's language.

Everything that the reporter can do follows from the 12-byte seed behind the words (``CodeKeys``). The server derives
what it needs and forgets the seed. At 96 bits guessing is hopeless, so no slow hash is needed (RFC 5869, section 4).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.utils.translation import gettext as _

from tocsin.common.errors import RuleBroken
from tocsin.vault.words import LANGUAGES, WordList, split_typed, word_list

SEED_BYTES = 12
WORDS = 9
_WORD_BITS = 11
_CHECK_BITS = 3
_SALT = b"tocsin/code/v1"


class CodeMistyped(RuleBroken):
    """What was typed cannot be a code. ``position`` counts from 1; ``suggestions`` are near words of a list.

    Found by the checksum and the lists alone: the database was not asked.
    """

    def __init__(self, sentence: str, *, position: int | None = None, suggestions: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.position = position
        self.suggestions = tuple(suggestions)


def new_seed() -> bytes:
    """12 random bytes."""
    return secrets.token_bytes(SEED_BYTES)


def words_of(seed: bytes, language: str) -> list[str]:
    """Nine words for ``seed`` in ``language`` (a Django language code; languages without a list get English)."""
    if len(seed) != SEED_BYTES:
        raise ValueError("a seed has 12 bytes")
    number = (int.from_bytes(seed, "big") << _CHECK_BITS) | _checksum(seed)
    words = word_list(LANGUAGES.get(language.lower(), "english")).words
    return [words[(number >> (_WORD_BITS * place)) & 0x7FF] for place in reversed(range(WORDS))]


def _checksum(seed: bytes) -> int:
    return hashlib.sha256(seed).digest()[0] >> (8 - _CHECK_BITS)


def candidate_seeds(typed: str) -> tuple[bytes, ...]:
    """The seeds that ``typed`` may mean: usually one, sometimes more where two lists share their words.

    Any case and spacing, numbering, commas; full-width letters; the first four letters where a list allows it;
    Chinese with or without spaces. Raises ``CodeMistyped`` with a remedy when it can be no code.
    """
    words = split_typed(typed)
    if not words:
        raise CodeMistyped(_("Type your nine words."))
    found = {seed for name in _names() if (seed := _decode(word_list(name), words)) is not None}
    if found:
        return tuple(sorted(found))
    raise _explain(words)


def _names() -> list[str]:
    return sorted(set(LANGUAGES.values()))


def _decode(listed: WordList, words: Sequence[str]) -> bytes | None:
    places = [listed.place(word) for word in words]
    if len(places) != WORDS or None in places:
        return None
    number = 0
    for place in places:
        number = (number << _WORD_BITS) | (place or 0)
    seed = (number >> _CHECK_BITS).to_bytes(SEED_BYTES, "big")
    return seed if _checksum(seed) == number & (2**_CHECK_BITS - 1) else None


def _explain(words: Sequence[str]) -> CodeMistyped:
    """The most helpful sentence: by the list that knows most of the words. Never repeats the whole code."""
    listed = max((word_list(name) for name in _names()), key=lambda each: sum(each.place(w) is not None for w in words))
    if len(words) != WORDS:
        return CodeMistyped(
            _("These are %(count)s words; the code has nine. Check what is missing or too much.")
            % {"count": len(words)}
        )
    for position, word in enumerate(words, start=1):
        if listed.place(word) is None:
            near = listed.near(word)
            told = {"position": position, "near": _(" or ").join(near)}
            if near:
                sentence = _("Word %(position)s is not one of our words. Did you mean %(near)s?") % told
            else:
                sentence = _("Word %(position)s is not one of our words. Check how it is written.") % told
            return CodeMistyped(sentence, position=position, suggestions=near)
    return CodeMistyped(_("All words are known, but together they are no code. One is wrong, or two are swapped."))


@dataclass(frozen=True)
class CodeKeys:
    """What follows from a seed, by HKDF-SHA-256 (RFC 5869) with salt ``tocsin/code/v1``; 32 bytes each.

    ``login``: the database keeps its SHA-256. ``events``: pseudonyms in the public ledger. ``mail_private``: X25519
    key to which staff's messages are sealed. ``receipt``: opens the stored promise.
    """

    login: bytes
    events: bytes
    mail_private: bytes
    receipt: bytes
    login_hash: bytes
    mail_public: bytes

    @classmethod
    def derive(cls, seed: bytes) -> CodeKeys:
        """The keys of ``seed`` (12 bytes)."""
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 12 bytes")
        login, events, mail, receipt = (_hkdf(seed, info) for info in (b"login", b"events", b"mail", b"receipt"))
        public = X25519PrivateKey.from_private_bytes(mail).public_key().public_bytes_raw()
        return cls(login, events, mail, receipt, hashlib.sha256(login).digest(), public)

    def __repr__(self) -> str:
        """Says nothing, so that no log or traceback can show a key."""
        return "CodeKeys(…)"


def login_hash_of(seed: bytes) -> bytes:
    """``CodeKeys.derive(seed).login_hash`` alone: whether a stored tip has this code, many times a second."""
    return hashlib.sha256(_hkdf(seed, b"login")).digest()


def _hkdf(seed: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=_SALT, info=info).derive(seed)
