"""Provide the certificate of the processor: a given or a self-signed one. I/O for given files only."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

# Each pod creates a new certificate when it starts. Gateways that accept self-signed certificates do not check their
# dates either.
_VALID: Final = timedelta(days=3650)
_NAME: Final = "llmd-routes-sidecar"


@dataclass(frozen=True)
class Certificate:
    """A chain of certificates and the key of the first, in PEM."""

    chain: bytes
    key: bytes


def given(chain: Path, key: Path) -> Certificate:
    """Return the certificate in two files. Raises OSError if one is unreadable, or they do not match."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
    except ssl.SSLError:
        raise OSError(
            f"{chain}, {key}: no certificate and its key; give both in PEM, and the key unencrypted"
        ) from None
    return Certificate(chain.read_bytes(), key.read_bytes())


def self_signed(now: datetime | None = None) -> Certificate:
    """Return a self-signed certificate, valid since yesterday in case clocks differ."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    now = now or datetime.now(UTC)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    return Certificate(
        signed.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain),
    )
