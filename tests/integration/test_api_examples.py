"""The examples of docs/api.md, as they stand there, each language as one program, against the service."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from infra.archives import REPOSITORY
from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.job_store import JobStore
from shared.probe import decode_fully
from tests.sdk.node_runtime import run_node

DOCUMENT = (REPOSITORY / "docs" / "api.md").read_text()
TIMEOUT_SECONDS = 180
Result = subprocess.CompletedProcess[str]


def program(language: str) -> str:
    """Return all examples in a language, one after the other."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    return "\n".join(blocks)


@pytest.fixture
def environment(stack: LocalStack, store: JobStore) -> Mapping[str, str]:
    """What the document tells a reader to set."""
    return {
        "PATH": os.environ["PATH"],
        "TTV_ENDPOINT": stack.url,
        "TTV_API_KEY": create_api_key(store, f"reader-{secrets.token_hex(4)}"),
        "SSL_CERT_FILE": str(stack.certificate),
        "CURL_CA_BUNDLE": str(stack.certificate),
        "NODE_EXTRA_CA_CERTS": str(stack.certificate),
    }


def in_sh(folder: Path, environment: Mapping[str, str]) -> Result:
    return run(["bash", "-euxo", "pipefail", "-c", program("sh")], folder, environment)


def in_python(folder: Path, environment: Mapping[str, str]) -> Result:
    return run([sys.executable, "-c", program("python")], folder, environment)


def in_node(folder: Path, environment: Mapping[str, str]) -> Result:
    file = folder / "examples.mjs"
    file.write_text(program("js"))
    return run_node(file, folder=folder, environment=environment)


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> Result:
    return subprocess.run(  # noqa: S603 - our own document
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS
    )


@pytest.mark.parametrize("language", [in_sh, in_python, in_node])
def test_the_examples_do_what_they_say(
    language: Callable[[Path, Mapping[str, str]], Result], environment: Mapping[str, str], tmp_path: Path
) -> None:
    done = language(tmp_path, environment)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert decode_fully(tmp_path / "video.mp4") == 4 * 24
