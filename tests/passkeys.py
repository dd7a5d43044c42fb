"""A passkey made of software, which answers as a browser would: for tests without a browser."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

PRESENT, VERIFIED = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV


@dataclass
class SoftPasskey:
    """One credential. ``flags`` and ``origin`` may be set to what an honest one would never say."""

    origin: str = "https://testserver"
    rp_id: str = "testserver"
    flags: AuthenticatorData.FLAG = PRESENT | VERIFIED
    handle: bytes = b""
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def register(self, options: str) -> str:
        """The answer to the first half of a registration."""
        told = json.loads(options)["publicKey"]
        self.handle = websafe_decode(told["user"]["id"])
        credential = AttestedCredentialData.create(
            b"\0" * 16,
            self.credential_id,
            ES256.from_cryptography_key(self.key.public_key()),  # type: ignore[no-untyped-call]  # the library has no types here
        )
        data = AuthenticatorData.create(self._rp_hash, self.flags | AuthenticatorData.FLAG.AT, 0, credential)
        return self._answer(
            {
                "clientDataJSON": websafe_encode(self._client_data("webauthn.create", told["challenge"])),
                "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
            }
        )

    def sign_in(self, options: str) -> str:
        """The answer to the first half of a sign-in."""
        client_data = self._client_data("webauthn.get", json.loads(options)["publicKey"]["challenge"])
        data = AuthenticatorData.create(self._rp_hash, self.flags, 0)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client_data),
                "authenticatorData": websafe_encode(data),
                "signature": websafe_encode(signature),
                "userHandle": websafe_encode(self.handle),
            }
        )

    @property
    def _rp_hash(self) -> bytes:
        return sha256(self.rp_id.encode()).digest()

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        name = websafe_encode(self.credential_id)
        told = {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(told)
