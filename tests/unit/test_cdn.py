"""Cloud CDN believes a URL that is signed as its documentation says, and no other."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.cdn import Cdn, decoded_key, signature_of

KEY = "nZtRohdNF9m3cKM24IcK4w=="
CDN = Cdn("https://video.example.com", "key-1", decoded_key(KEY))
EXPIRES_AT = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        ("http://www.example.com/?", "OqDUFfHpN5Vxga6r80bhsgxKves="),
        ("http://www.example.com/some/path?some=query&another=param&", "9Q9TCxSju8-W5nUkk5CuTrun2_o="),
    ],
)
def test_a_signature_is_the_one_that_googles_own_sample_makes(url: str, signature: str) -> None:
    """Source: cdn/snippets_test.py in github.com/GoogleCloudPlatform/python-docs-samples, 2026-11."""
    assert signature_of(f"{url}Expires=1549751401&KeyName=my-key", decoded_key(KEY)) == signature


def test_a_url_names_the_object_its_end_and_the_key_and_is_signed_as_a_whole() -> None:
    url = CDN.signed_url("jobs/video_1/video.mp4", expires_at=EXPIRES_AT)
    unsigned, _, signature = url.partition("&Signature=")
    assert unsigned == (
        "https://video.example.com/jobs/video_1/video.mp4"
        f"?Expires={int(EXPIRES_AT.timestamp())}&KeyName=key-1"
    )
    wanted = hmac.new(base64.urlsafe_b64decode(KEY), unsigned.encode(), hashlib.sha1).digest()
    assert base64.urlsafe_b64decode(signature) == wanted


def test_what_means_something_in_a_url_is_quoted_in_a_path() -> None:
    parts = urlsplit(CDN.signed_url("jobs/a b?c#d.mp4", expires_at=EXPIRES_AT))
    assert parts.path == "/jobs/a%20b%3Fc%23d.mp4"
    assert set(parse_qs(parts.query)) == {"Expires", "KeyName", "Signature"}


@pytest.mark.parametrize(
    "url",
    ["", "http://video.example.com", "https://video.example.com/", "https://video.example.com/x", "video"],
)
def test_a_cdn_is_at_the_root_of_an_https_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r"is not permitted; permitted: such as https://video\.example\.com"):
        Cdn(url, "key-1", CDN.key)


@pytest.mark.parametrize("name", ["", "Key", "1-key", "key-", "a_b", "k" * 64])
def test_a_key_has_a_name_that_google_permits(name: str) -> None:
    with pytest.raises(ValueError, match="is not permitted; permitted: such as key-1"):
        Cdn(CDN.url, name, CDN.key)


@pytest.mark.parametrize(
    "text", ["c2hvcnQ=", KEY.rstrip("="), f"{KEY}\n", f"{KEY}AAAA", "no base64", f"n+/{KEY[3:]}"]
)
def test_what_is_no_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="is not the base64url of 16 bytes") as refused:
        decoded_key(text)
    assert text not in str(refused.value)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="has 15 bytes; permitted: 16"):
        Cdn(CDN.url, "key-1", CDN.key[1:])


def test_a_key_is_in_no_text_of_what_holds_it() -> None:
    assert repr(CDN) == "Cdn(url='https://video.example.com', key_name='key-1')"
