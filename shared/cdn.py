"""Cloud CDN: signed URLs of the media it serves. Knows paths and a key, not what lies there; it asks nobody.

Source: https://cloud.google.com/cdn/docs/using-signed-urls, 2026-11.
"""

import base64
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

KEY_BYTES = 16
"""Of a signing key. Source: as above."""

KEY = re.compile(r"[A-Za-z0-9_-]{22}==")
"""16 bytes in base64url."""

KEY_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
"""As Compute Engine names its resources (RFC 1035)."""

BASE_URL = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")


def decoded_key(text: str) -> bytes:
    """Return the key that its base64url stands for.

    Raises:
        ValueError: it is none; what it says instead is not repeated.
    """
    if not KEY.fullmatch(text):
        raise ValueError(f"the key is not the base64url of {KEY_BYTES} bytes")
    return base64.urlsafe_b64decode(text)


def signature_of(unsigned_url: str, key: bytes) -> str:
    """Return what proves that a URL is ours: the base64url of its HMAC-SHA1."""
    digest = hmac.digest(key, unsigned_url.encode(), "sha1")
    return base64.urlsafe_b64encode(digest).decode()


@dataclass(frozen=True)
class Cdn:
    """A backend bucket behind a load balancer.

    Raises:
        ValueError: it cannot be; the key is not repeated.
    """

    url: str
    """Where the bucket is served, without a path, such as `https://video.example.com`."""
    key_name: str
    """What the key is called there."""
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not BASE_URL.fullmatch(self.url):
            raise ValueError(
                f"url {self.url!r} is not permitted; permitted: such as https://video.example.com"
            )
        if not KEY_NAME.fullmatch(self.key_name):
            raise ValueError(f"key name {self.key_name!r} is not permitted; permitted: such as key-1")
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"the key has {len(self.key)} bytes; permitted: {KEY_BYTES}")

    def signed_url(self, path: str, *, expires_at: datetime) -> str:
        """Return a URL that lets anyone read an object until `expires_at`.

        Content type and file name are the object's own: a URL cannot say others.
        """
        named = f"Expires={int(expires_at.timestamp())}&KeyName={self.key_name}"
        unsigned = f"{self.url}/{quote(path)}?{named}"
        return f"{unsigned}&Signature={signature_of(unsigned, self.key)}"
