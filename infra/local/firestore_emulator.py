"""Finds and starts Google's Firestore emulator. It knows nothing of what is stored in it.

Where it comes from, in order: FIRESTORE_EMULATOR_HOST (somebody runs one already), gcloud's own copy, the
published jar.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.download import PublishedFile, cache_folder, fetch
from infra.local.errors import PartFailed
from infra.local.java import Java, find_java
from infra.local.probes import answers_ok
from infra.local.process import Launch

PUBLISHED_JAR = PublishedFile(
    url="https://storage.googleapis.com/firebase-preview-drop/emulator/cloud-firestore-emulator-v1.22.0.jar",
    size_bytes=136_707_194,
    sha256="9b6498b7f62714d67f48f59b3818883cd682dbcd46b9f59511de81c97bb5166c",
)
"""Source: firebase-tools 15.34.2, which pins this version, size and checksum."""

JAVA_FOR_PUBLISHED_JAR = 21
JAVA_FOR_GCLOUD_JAR = 11

_JAR_BELOW_SDK_ROOT = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
_MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"  # the jar names none itself

_QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Ready in 1.2 s instead of 2.0, first call in 0.5 s instead of 1.1; as fast under load, at half the
processor time (measured on 2 cores)."""

_WARM_UP_PROJECT = "warm-up"  # projects do not see each other's documents
_WARM_UP_SECONDS = 30.0
_GRACE_SECONDS = 3.0  # it keeps nothing on disk


@dataclass(frozen=True)
class EmulatorProgram:
    """What is needed to start the emulator."""

    jar: Path
    java: Java

    def launch(self, port: int, websocket_port: int, folder: Path, environment: Mapping[str, str]) -> Launch:
        """Describe its start. The websocket port, for its own pages, would be a random one otherwise."""
        ports = ("--port", str(port), "--websocket_port", str(websocket_port))
        return Launch(
            name="firestore",
            command=(
                *(str(self.java.program), *_QUICK_START, "-Duser.language=en"),
                *("-cp", str(self.jar), _MAIN_CLASS, "--host", "127.0.0.1", *ports),
            ),
            environment=environment,
            folder=folder,
            port=port,
            ready=answers_ok("/"),
            grace_seconds=_GRACE_SECONDS,
        )


def find_emulator(
    environment: Mapping[str, str], bundled_java: Path | None, published: PublishedFile = PUBLISHED_JAR
) -> EmulatorProgram:
    """Find a jar and a Java that runs it, downloading the published jar when gcloud has none.

    Raises:
        ProgramMissing: no Java is new enough.
        DownloadFailed: the jar is nowhere on this machine and cannot be fetched.
    """
    if jar := gcloud_jar(environment):
        return EmulatorProgram(jar, find_java(JAVA_FOR_GCLOUD_JAR, environment, bundled_java))
    java = find_java(
        JAVA_FOR_PUBLISHED_JAR, environment, bundled_java
    )  # first: it fails before 137 MB are fetched
    return EmulatorProgram(fetch(published, cache_folder(environment)), java)


def gcloud_jar(environment: Mapping[str, str]) -> Path | None:
    """Return the emulator that belongs to the `gcloud` on PATH, if it is installed.

    Goes by where the program lies, since asking `gcloud info` takes a second.
    """
    program = shutil.which("gcloud", path=environment.get("PATH", ""))
    if program is None:
        return None
    jar = Path(program).resolve().parent.parent / _JAR_BELOW_SDK_ROOT
    return jar if jar.is_file() else None


def running_emulator(environment: Mapping[str, str]) -> str | None:
    """Return host:port of the emulator that FIRESTORE_EMULATOR_HOST names; None when it names none.

    Raises:
        PartFailed: nothing answers there.
    """
    address = environment.get("FIRESTORE_EMULATOR_HOST", "")
    if not address:
        return None
    host, _, port = address.rpartition(":")
    if not port.isdigit() or not answers_ok("/", host=host)(int(port)):
        raise PartFailed(
            "firestore",
            f"does not answer at {address}, named by FIRESTORE_EMULATOR_HOST; start it or unset the variable",
        )
    return address


def warm_up(address: str) -> None:
    """Make the first write and read, which take the emulator 0.6 s, so that no user waits for them.

    Raises:
        PartFailed: it does not answer.
    """
    # Inside, since these imports take 0.3 s, in which the emulator can already start.
    import grpc
    from google.api_core.exceptions import GoogleAPICallError
    from google.cloud.firestore_v1.services.firestore import FirestoreClient
    from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport

    database = f"projects/{_WARM_UP_PROJECT}/databases/(default)"
    document = f"{database}/documents/warm/up"
    metadata = [("authorization", "Bearer owner")]  # the emulator's word for: no security rules
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        client = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
        write = {"database": database, "writes": [{"update": {"name": document}}]}
        read = {"database": database, "documents": [document]}
        try:
            client.commit(write, retry=None, timeout=_WARM_UP_SECONDS, metadata=metadata)
            list(client.batch_get_documents(read, retry=None, timeout=_WARM_UP_SECONDS, metadata=metadata))
        except GoogleAPICallError as error:
            raise PartFailed("firestore", f"did not answer its first call: {error}") from error
