"""The edge's certificate: made once, kept while it is good, its key nobody else's."""

import contextlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from infra.local.edge.certificate import RENEWED_BEFORE, VALID_FOR, Certificate, ensure_certificate, trusting

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def shown(made: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.path.read_bytes())


def test_it_is_for_this_machine_and_nobody_else_may_read_its_key(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path / "edge", NOW)
    names = shown(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "edge").iterdir()) == ["certificate.pem", "key.pem"]


@pytest.mark.parametrize("later", [timedelta(0), VALID_FOR - RENEWED_BEFORE - timedelta(seconds=1)])
def test_one_that_is_good_is_kept(tmp_path: Path, later: timedelta) -> None:
    first = shown(ensure_certificate(tmp_path, NOW))
    assert shown(ensure_certificate(tmp_path, NOW + later)) == first


def test_one_that_soon_ends_or_lost_its_key_or_showed_it_is_replaced(tmp_path: Path) -> None:
    made = ensure_certificate(tmp_path, NOW)
    another = ensure_certificate(tmp_path / "another", NOW)
    serials = [shown(made).serial_number]

    def renewed(now: datetime = NOW) -> bool:
        ensure_certificate(tmp_path, now)
        serials.append(shown(made).serial_number)
        return serials[-1] != serials[-2]

    assert renewed(NOW + VALID_FOR - RENEWED_BEFORE)
    assert renewed(NOW)  # the clock was set back: it is not valid yet
    made.key.chmod(0o640)
    assert renewed()
    made.key.write_bytes(another.key.read_bytes())
    assert renewed()
    made.path.write_text("rubbish")
    assert renewed()
    assert not renewed()


def shake_hands(client: ssl.SSLContext, made: Certificate) -> None:
    """Let a client and a server with this certificate meet in memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.path, made.key)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname="127.0.0.1"),
        server.wrap_bio(there, back, server_side=True),
    ]
    for end in ends * 2:
        with contextlib.suppress(ssl.SSLWantReadError):
            end.do_handshake()


def test_who_trusts_it_trusts_nothing_else_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, another = (ensure_certificate(tmp_path / name) for name in ("edge", "another"))
    monkeypatch.setenv("SSL_CERT_FILE", str(another.path))
    client = trusting(made.path)
    client.verify_flags |= ssl.VERIFY_X509_STRICT  # as newer Pythons have it by default
    shake_hands(client, made)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client, another)
