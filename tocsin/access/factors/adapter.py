"""What allauth's multi-factor library asks of us: how secrets lie in the database, and whose passkeys they are."""

from __future__ import annotations

import base64
import binascii
import secrets

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

from tocsin.access.models import Staff
from tocsin.common.errors import Unsafe

_NONCE = 12
_INFO = b"tocsin/second-factor/v1"


class DeskAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets are AES-256-GCM under a key that follows from the desk's secret; passkeys belong to the desk's name."""

    def encrypt(self, text: str) -> str:
        """``text`` sealed, in base64."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.b64encode(nonce + AESGCM(_key(settings.SECRET_KEY)).encrypt(nonce, text.encode(), _INFO)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The counterpart. Raises ``Unsafe`` when the desk's secret is another one than at sealing."""
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            try:
                sealed = base64.b64decode(encrypted_text, validate=True)
                return AESGCM(_key(secret)).decrypt(sealed[:_NONCE], sealed[_NONCE:], _INFO).decode()
            except (InvalidTag, binascii.Error, ValueError):
                continue
        raise Unsafe(
            "A second factor cannot be read: keys/desk/secret.key is another one than when it was set up. Put the old "
            "file back, or let `tocsin staff reset-factor` end the second factor of each person."
        )

    def get_totp_issuer(self) -> str:
        """How the authenticator app calls this desk."""
        return f"Tocsin {settings.TOCSIN_UNIT}"

    def get_totp_label(self, user: Staff) -> str:
        """How the authenticator app calls the person."""
        return str(user.username)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The name under which browsers keep the desk's passkeys: a host from the settings, never from the request."""
        return {"id": settings.TOCSIN_PASSKEY_HOST, "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Staff) -> dict[str, object]:
        """Whom a passkey belongs to: the row's number as handle, the names as the browser shows them."""
        handle = user_pk_to_url_str(user).encode()
        return {"id": handle, "display_name": user.display_name, "name": user.username}


def _key(secret: str | bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(force_bytes(secret))
