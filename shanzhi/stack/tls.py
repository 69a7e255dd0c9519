"""What an embedded Kafka that wants logins is known by: an authority of its own, one certificate, its owner's password.

Made once for a folder. The authority's key is thrown away with the first certificate: nobody can ever sign another.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ledger.broker import address
from shanzhi.stack.ports import HOST

OWNER = "shanzhi_owner"
BROKER = "shanzhi-broker"
_YEARS = timedelta(days=3650)


class Credentials:
    """The files in `folder` (ca.pem, broker.pem, password), which are there once `make` has been called."""

    def __init__(self, folder: Path) -> None:
        self.ca = folder / "ca.pem"
        self.broker = folder / "broker.pem"
        self._password = folder / "password"

    @property
    def are_there(self) -> bool:
        """Whether this Kafka wants logins."""
        return self._password.exists()  # written last

    @property
    def password(self) -> str:
        """The owner's."""
        return self._password.read_text(encoding="ascii")

    def address(self, port: int) -> str:
        """Of this Kafka, as its owner: holds the password, so never log it."""
        return address(f"{HOST}:{port}", OWNER, self.password, str(self.ca))

    def make(self) -> None:
        """New ones, readable by the user alone; others may read the authority."""
        self.ca.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority_key, broker_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shanzhi embedded authority")])
        authority = _certificate(name, name, authority_key, authority_key.public_key(), is_authority=True)
        own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, BROKER)])
        own = _certificate(own_name, name, authority_key, broker_key.public_key(), is_authority=False)
        pem = broker_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(self.ca, authority.public_bytes(Encoding.PEM))
        _write(self.broker, pem + own.public_bytes(Encoding.PEM))
        _write(self._password, secrets.token_urlsafe(24).encode())


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    signing: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _YEARS)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .add_extension(_usage(is_authority), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST)), x509.DNSName("localhost")])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signing, hashes.SHA256())


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
        stream.write(content)
