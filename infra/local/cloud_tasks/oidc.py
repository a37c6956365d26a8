"""Makes the bearer token of a task that asks for one. It knows no key, and nothing here is secret."""

import base64
import json
from datetime import datetime, timedelta

LIFETIME = timedelta(hours=1)
"""Source: https://cloud.google.com/docs/authentication/token-types#id."""
FAKE_ISSUER = "https://fake-unsigned-token.local-cloud-tasks.invalid"


def fake_identity_token(*, service_account_email: str, audience: str, now: datetime) -> str:
    """Make a FAKE token: shaped as a JWT, with Google's claims, but UNSIGNED.

    Nothing verifies it locally, and anything that verifies tokens refuses it: in the cloud, Cloud Run does.
    It lets code that looks at `email` and `aud` run, and shows at a glance that it is worth nothing.
    """
    claims = {
        "iss": FAKE_ISSUER,
        "aud": audience,
        "sub": service_account_email,
        "email": service_account_email,
        "email_verified": True,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
    }
    header = {"alg": "none", "typ": "JWT"}
    parts = json.dumps(header).encode(), json.dumps(claims).encode(), b"fake-unsigned"
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
