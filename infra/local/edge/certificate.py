"""The self-signed certificate of the edge: made once, kept while it is good. It must not know who shows
it."""

import os
import ssl
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FOR = timedelta(days=820)
"""Some systems trust no server certificate for longer than 825 days, whoever has issued it.
Source: https://support.apple.com/en-us/103769"""

RENEWED_BEFORE = timedelta(days=30)
"""One that would end sooner is replaced at the next start: a stack may run for weeks."""

_CLOCKS_DIFFER_BY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """Where certificate and private key are, both as PEM."""

    path: Path
    """What clients are to trust."""
    key: Path
    """Readable by this user only."""


def ensure_certificate(folder: Path, now: datetime | None = None) -> Certificate:
    """Return the certificate kept in a folder, made anew if there is none that is good. Made at one stroke.

    Args:
        folder: created if it is not there; nobody else may write to it meanwhile.
        now: aware; the present when left out.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    kept = Certificate(folder / "certificate.pem", folder / "key.pem")
    if not _is_good(kept, now):
        key = ec.generate_private_key(ec.SECP256R1())
        _write(kept.key, _private_bytes(key))
        _write(kept.path, _self_signed(key, now).public_bytes(serialization.Encoding.PEM))
        kept.path.chmod(0o644)
    return kept


def trusting(certificate: Path) -> ssl.SSLContext:
    """Return what a client needs to trust this certificate, and no other."""
    return ssl.create_default_context(cafile=certificate)


def _is_good(kept: Certificate, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(kept.path.read_bytes())
        key = serialization.load_pem_private_key(kept.key.read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    is_pair = certificate.public_key() == key.public_key()  # a start may have died between the two files
    is_private = kept.key.stat().st_mode & 0o077 == 0
    is_valid = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEWED_BEFORE
    return is_pair and is_private and is_valid


def _self_signed(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TTV Pipeline, local stack")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    public = key.public_key()
    usage = dict.fromkeys(
        (
            *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
            *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER_BY)
        .not_valid_after(now + VALID_FOR)
        .add_extension(names, critical=False)
        # No authority: whoever trusts it trusts this one server, and nothing that its key could sign.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _private_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(unfinished).replace(path)
