"""The Cloud Storage emulator by itself, with one bucket, for what needs no more of the local stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.local.bounded_log import BoundedLog
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.storage_emulator import create_bucket, find_binary, storage_launch

READY_SECONDS = 30.0
BUCKET = "film-weights"


@dataclass(frozen=True)
class StorageAlone:
    """An emulator that runs."""

    url: str
    objects: Path
    """Where it keeps the objects of its bucket, as files."""

    @property
    def environment(self) -> dict[str, str]:
        """What lets Google's client find it."""
        return {"STORAGE_EMULATOR_HOST": self.url, "GOOGLE_CLOUD_PROJECT": "demo-weights"}


@contextmanager
def running_storage(folder: Path) -> Iterator[StorageAlone]:
    """Run the emulator with its objects in a folder."""
    objects = folder / "objects"
    objects.mkdir(parents=True)
    port = reserve_port().release()
    guardian = Guardian()
    launch = storage_launch(find_binary(), port, objects, {"PATH": "/usr/bin:/bin", "TMPDIR": str(folder)})
    process = ChildProcess(launch, BoundedLog(folder / "log"), guardian)
    try:
        process.wait_until_ready(READY_SECONDS)
        create_bucket(port, BUCKET, "demo-weights")
        yield StorageAlone(f"http://127.0.0.1:{port}", objects / BUCKET)
    finally:
        process.stop()
        guardian.close()
