"""The Firestore emulator and a Java for it are found wherever a machine may have them, or fetched safely."""

import hashlib
import http.server
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from infra.local.download import PublishedFile, cache_folder, fetch
from infra.local.errors import DownloadFailed, PartFailed, ProgramMissing
from infra.local.firestore_emulator import find_emulator, gcloud_jar, running_emulator
from infra.local.java import Java, find_java, major_version
from infra.local.ports import reserve_port

CONTENT = b"the emulator" * 10_000


class Publisher(http.server.ThreadingHTTPServer):
    """Serves `body` at any path. `announced` is the Content-Length it claims; None sends none."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.body = CONTENT
        self.announced: int | None = len(CONTENT)
        self.status = 200
        self.requests = 0

    @property
    def file(self) -> PublishedFile:
        url = f"http://127.0.0.1:{self.server_port}/emulator-v1.jar"
        return PublishedFile(url, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())


class Answer(http.server.BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(self.server.status)
        if self.server.announced is not None:
            self.send_header("Content-Length", str(self.server.announced))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with Publisher() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_download_is_kept_and_not_repeated(publisher: Publisher, tmp_path: Path) -> None:
    first = fetch(publisher.file, tmp_path / "cache")
    second = fetch(publisher.file, tmp_path / "cache")

    assert first == second == tmp_path / "cache" / "emulator-v1.jar"
    assert first.read_bytes() == CONTENT
    assert publisher.requests == 1


def test_damaged_cache_is_downloaded_again(publisher: Publisher, tmp_path: Path) -> None:
    (tmp_path / "emulator-v1.jar").write_bytes(CONTENT.replace(b"t", b"T"))

    assert fetch(publisher.file, tmp_path).read_bytes() == CONTENT


def test_wrong_checksum_is_refused_and_deleted(publisher: Publisher, tmp_path: Path) -> None:
    publisher.body = CONTENT.replace(b"t", b"T")

    with pytest.raises(DownloadFailed, match="checksum"):
        fetch(publisher.file, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("announced", [len(CONTENT), None], ids=["with length", "without length"])
def test_truncated_download_is_refused_and_deleted(
    publisher: Publisher, tmp_path: Path, announced: int | None
) -> None:
    publisher.body, publisher.announced = CONTENT[:1000], announced

    with pytest.raises(DownloadFailed, match=r"1,?000"):
        fetch(publisher.file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_download_larger_than_published_is_cut_short(publisher: Publisher, tmp_path: Path) -> None:
    publisher.body, publisher.announced = CONTENT * 2, None

    with pytest.raises(DownloadFailed, match="larger"):
        fetch(publisher.file, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_download_that_takes_too_long_is_given_up(publisher: Publisher, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="too slow"):
        fetch(publisher.file, tmp_path, timeout_seconds=0)
    assert list(tmp_path.iterdir()) == []


def test_missing_file_is_no_emulator(publisher: Publisher, tmp_path: Path) -> None:
    publisher.status = 404

    with pytest.raises(DownloadFailed, match="404"):
        fetch(publisher.file, tmp_path)


def test_offline_machine_is_told_so(tmp_path: Path) -> None:
    nobody = reserve_port()
    file = PublishedFile(f"http://127.0.0.1:{nobody.number}/emulator-v1.jar", 1, "0")

    with pytest.raises(DownloadFailed, match="online"):
        fetch(file, tmp_path)
    nobody.release()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"XDG_CACHE_HOME": "/caches"}, Path("/caches/ttv-pipeline")),
        ({"XDG_CACHE_HOME": ""}, Path.home() / ".cache/ttv-pipeline"),
        ({}, Path.home() / ".cache/ttv-pipeline"),
    ],
    ids=["set", "empty", "unset"],
)
def test_cache_is_where_the_user_keeps_caches(environment: Mapping[str, str], expected: Path) -> None:
    assert cache_folder(environment) == expected


@pytest.mark.parametrize(("version", "major"), [("17.0.15", 17), ("1.8.0_392", 8), ("25", 25), ("21-ea", 21)])
def test_java_version_is_read_from_its_release_file(tmp_path: Path, version: str, major: int) -> None:
    assert major_version(java_home(tmp_path, version) / "bin/java") == major


def test_java_without_release_file_is_asked(tmp_path: Path) -> None:
    program = script(tmp_path / "java", "echo 'openjdk version \"21.0.2\" 2024-01-16' >&2")

    assert major_version(program) == 21


def test_program_that_only_says_there_is_no_java_is_none(tmp_path: Path) -> None:
    program = script(tmp_path / "java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")

    assert major_version(program) is None


def test_first_java_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    home = java_home(tmp_path / "home", "11.0.1")
    on_path = java_home(tmp_path / "path", "17.0.15")
    bundled = java_home(tmp_path / "wheel", "25.0.2") / "bin/java"
    environment = {"JAVA_HOME": str(home), "PATH": str(on_path / "bin")}

    assert find_java(11, environment, bundled) == Java(home / "bin/java", 11)
    assert find_java(17, environment, bundled) == Java(on_path / "bin/java", 17)
    assert find_java(21, environment, bundled) == Java(bundled, 25)


def test_machine_without_java_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing, match=r"found none.*make venv"):
        find_java(11, {"PATH": str(tmp_path)}, bundled=None)


def test_java_that_is_too_old_is_named(tmp_path: Path) -> None:
    environment = {"JAVA_HOME": str(java_home(tmp_path, "1.8.0_392"))}

    with pytest.raises(ProgramMissing, match=r"needs Java 21.*bin/java is Java 8"):
        find_java(21, environment, bundled=None)


def test_gcloud_copy_is_found_through_the_link_on_path(tmp_path: Path) -> None:
    environment = {"PATH": str(installed_gcloud(tmp_path))}

    jar = gcloud_jar(environment)

    assert jar == tmp_path / "sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"


def test_gcloud_without_the_emulator_offers_nothing(tmp_path: Path) -> None:
    links = installed_gcloud(tmp_path)
    (tmp_path / "sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar").unlink()

    assert gcloud_jar({"PATH": str(links)}) is None
    assert gcloud_jar({}) is None


def test_gcloud_copy_runs_on_the_older_java(tmp_path: Path, publisher: Publisher) -> None:
    environment = {"PATH": str(installed_gcloud(tmp_path)), "JAVA_HOME": str(java_home(tmp_path, "17.0.15"))}

    found = find_emulator(environment, None, publisher.file)

    assert found.java.major == 17
    assert publisher.requests == 0


def test_machine_without_gcloud_gets_the_published_jar_and_a_newer_java(
    tmp_path: Path, publisher: Publisher
) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "JAVA_HOME": str(java_home(tmp_path / "old", "17.0.15"))}
    bundled = java_home(tmp_path / "wheel", "25.0.2") / "bin/java"

    found = find_emulator(environment, bundled, publisher.file)

    assert found.java == Java(bundled, 25)
    assert found.jar == tmp_path / "ttv-pipeline/emulator-v1.jar"


def test_nothing_is_downloaded_for_a_java_that_cannot_run_it(tmp_path: Path, publisher: Publisher) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path), "JAVA_HOME": str(java_home(tmp_path, "17.0.15"))}

    with pytest.raises(ProgramMissing):
        find_emulator(environment, None, publisher.file)
    assert publisher.requests == 0


def test_emulator_that_already_runs_is_used(publisher: Publisher) -> None:
    address = f"127.0.0.1:{publisher.server_port}"

    assert running_emulator({"FIRESTORE_EMULATOR_HOST": address}) == address
    assert running_emulator({}) is None


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1", "http://127.0.0.1:1/"])
def test_named_emulator_that_does_not_answer_is_an_error(address: str) -> None:
    with pytest.raises(PartFailed, match="FIRESTORE_EMULATOR_HOST"):
        running_emulator({"FIRESTORE_EMULATOR_HOST": address})


def java_home(folder: Path, version: str) -> Path:
    """Lay out a Java whose program does nothing."""
    (folder / "bin").mkdir(parents=True)
    script(folder / "bin/java", "exit 3")
    (folder / "release").write_text(f'IMPLEMENTOR="Somebody"\nJAVA_VERSION="{version}"\nLIBC="gnu"\n')
    return folder


def installed_gcloud(folder: Path) -> Path:
    """Lay out an SDK with the emulator, and a folder for PATH that links to its program."""
    program = folder / "sdk/bin/gcloud"
    program.parent.mkdir(parents=True)
    script(program, "exit 3")
    jar = folder / "sdk/platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
    jar.parent.mkdir(parents=True)
    jar.touch()
    links = folder / "links"
    links.mkdir()
    (links / "gcloud").symlink_to(program)
    return links


def script(path: Path, commands: str) -> Path:
    path.write_text(f"#!/bin/sh\n{commands}\n")
    path.chmod(0o700)
    return path
