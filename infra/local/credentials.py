"""Writes a throwaway service account key that opens nothing. It knows nothing of who uses it.

With it `google.auth.default()` finds credentials that can sign, so the code that signs URLs is the same as in
the cloud.
"""

import json
import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

_NOBODY_LISTENS = "http://127.0.0.1:9/token"
"""The discard port: a client that tries to trade the key for a token fails at once, and never asks Google."""


def service_account_email(project: str) -> str:
    """Name the service account that the local stack runs as."""
    return f"local@{project}.iam.gserviceaccount.com"


def write_credentials(path: Path, project: str) -> None:
    """Write a new key file that only this user can read. Replaces one that is there."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    email = service_account_email(project)
    content = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "local",
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "client_email": email,
        "client_id": "0",
        "token_uri": _NOBODY_LISTENS,
    }
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
