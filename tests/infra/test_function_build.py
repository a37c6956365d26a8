"""An image is built by the provider as the engine runs it: pickled, in the SDK's own process, over gRPC."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path

import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from infra.archives import REPOSITORY
from infra.cloud_build import STAND_IN, BuildFailed, Recipe, build_image
from infra.components.function_build import BuildProvider, FunctionBuildArgs
from tests.infra.run_api import DIGEST, Failure, Fate, RunApi, Status, run_api

Properties = Mapping[str, object]

PICKLED = serialize_provider(BuildProvider())
REPOSITORY_OF_IMAGES = "europe-west4-docker.pkg.dev/a-project/ttv"
ARGUMENTS: Properties = {
    "project": "a-project",
    "region": "europe-west4",
    "bucket": "ttv-sources",
    "archive": "render/0123456789ab.zip",
    "image": f"{REPOSITORY_OF_IMAGES}/render:0123456789ab",
    "target": "render",
    "base_image": "python313",
    "service_account": "projects/a-project/serviceAccounts/ttv-build@a-project.iam.gserviceaccount.com",
    "environment": {"GOOGLE_PYTHON_VERSION": "3.13"},
    "timeout_seconds": 60,
    "first_pause_seconds": 0.01,
}
IS_BUILT_FROM = ("project", "region", "bucket", "archive", "image", "target", "base_image", "environment")
IS_NOT_BUILT_FROM = ("service_account", "timeout_seconds", "first_pause_seconds")
CALL_SECONDS = 60


class Provider:
    """The process that Pulumi's engine would start, and what the engine would ask of it."""

    def __init__(self, port: int, log: Path) -> None:
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._log = log

    @property
    def said(self) -> str:
        """All that an operator would see."""
        return self._log.read_text("utf-8")

    def create(self, properties: Properties) -> tuple[str, Properties]:
        """Return id and outputs."""
        asked = provider_pb2.CreateRequest(urn="urn", properties=_struct(properties))
        made = self._stub.Create(asked, timeout=CALL_SECONDS)
        return made.id, _plain(made.properties)

    def check(self, properties: Properties) -> Properties:
        asked = provider_pb2.CheckRequest(urn="urn", olds=_struct(properties), news=_struct(properties))
        checked = self._stub.Check(asked, timeout=CALL_SECONDS)
        assert not checked.failures
        return _plain(checked.inputs)

    def diff(self, old: Properties, new: Properties) -> tuple[bool, list[str]]:
        """Return whether anything changes, and what makes a replacement of it."""
        asked = provider_pb2.DiffRequest(id="1234", urn="urn", olds=_struct(old), news=_struct(new))
        told = self._stub.Diff(asked, timeout=CALL_SECONDS)
        return told.changes == provider_pb2.DiffResponse.DIFF_SOME, list(told.replaces)

    def update(self, old: Properties, new: Properties) -> Properties:
        asked = provider_pb2.UpdateRequest(id="1234", urn="urn", olds=_struct(old), news=_struct(new))
        return _plain(self._stub.Update(asked, timeout=CALL_SECONDS).properties)

    def delete(self, properties: Properties) -> None:
        asked = provider_pb2.DeleteRequest(id="1234", urn="urn", properties=_struct(properties))
        self._stub.Delete(asked, timeout=CALL_SECONDS)

    def close(self) -> None:
        self._channel.close()


def _struct(properties: Properties) -> struct_pb2.Struct:
    return json_format.ParseDict({"__provider": PICKLED, **properties}, struct_pb2.Struct())


def _plain(struct: struct_pb2.Struct) -> Properties:
    plain: dict[str, object] = rpc.deserialize_properties(struct)
    return plain


@pytest.fixture(scope="module")
def api() -> Iterator[RunApi]:
    with run_api() as api:
        yield api


@pytest.fixture(scope="module")
def provider(api: RunApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """In the folder of the program and with nothing of this process but where to find programs."""
    log = tmp_path_factory.mktemp("provider") / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"],
            cwd=REPOSITORY / "infra",
            env={"PATH": os.environ["PATH"], STAND_IN: api.address},
            stdout=subprocess.PIPE,
            stderr=said,
        ) as process,
    ):
        assert process.stdout
        try:
            provider = Provider(int(process.stdout.readline()), log)
            yield provider
            provider.close()
        finally:
            process.terminate()


def _fails(api: RunApi, provider: Provider, fate: Fate, **other: object) -> str:
    api.next(fate)
    with pytest.raises(grpc.RpcError) as caught:
        provider.create({**ARGUMENTS, **other})
    return str(caught.value.details())


def test_the_provider_is_pickled_by_the_name_of_its_module_alone() -> None:
    pickled = base64.b64decode(PICKLED)

    assert b"infra.components.function_build" in pickled
    assert len(pickled) < 200, "code of ours is in the state of the stack"


def test_a_build_is_asked_for_with_all_that_decides_about_it(api: RunApi, provider: Provider) -> None:
    api.next(Fate())

    provider.create(provider.check(ARGUMENTS))

    (asked,) = api.submitted
    assert asked.parent == "projects/a-project/locations/europe-west4"
    assert asked.storage_source.bucket == ARGUMENTS["bucket"]
    assert asked.storage_source.object_ == ARGUMENTS["archive"]
    assert asked.image_uri == ARGUMENTS["image"]
    assert asked.service_account == ARGUMENTS["service_account"]
    assert asked.buildpack_build.function_target == "render"
    assert asked.buildpack_build.base_image == "python313"
    assert asked.buildpack_build.environment_variables == ARGUMENTS["environment"]
    assert not asked.buildpack_build.enable_automatic_updates


def test_a_slow_build_is_waited_for_and_gives_an_image_by_its_digest(api: RunApi, provider: Provider) -> None:
    api.next(Fate((Status.QUEUED, Status.WORKING, Status.WORKING, Status.WORKING, Status.SUCCESS)))

    id_, outputs = provider.create(ARGUMENTS)

    assert api.looks == 5
    assert id_ == "1234"
    assert outputs["pinned_image"] == f"{REPOSITORY_OF_IMAGES}/render@{DIGEST}"
    assert outputs["build"] == "projects/a-project/locations/europe-west4/builds/1234"
    assert {name: outputs[name] for name in ARGUMENTS} == ARGUMENTS, "without them nothing can be compared"


def test_progress_is_told_with_the_url_of_the_log(api: RunApi, provider: Provider) -> None:
    before = len(provider.said)
    api.next(Fate((Status.QUEUED, Status.WORKING, Status.WORKING, Status.SUCCESS)))

    provider.create(ARGUMENTS)

    assert provider.said[before:].splitlines() == [
        f"info: render: building {ARGUMENTS['image']}; log: https://console.example/builds/1234",
        "info: render: working",
        "info: render: success",
    ]


@pytest.mark.parametrize("status", ["FAILURE", "INTERNAL_ERROR", "TIMEOUT", "CANCELLED", "EXPIRED"])
def test_a_build_that_ends_badly_fails_with_the_url_of_its_log(
    status: str, api: RunApi, provider: Provider
) -> None:
    told = _fails(api, provider, Fate((Status.WORKING, getattr(Status, status)), why="step 3 said 1"))

    assert f"ended with {status}" in told
    assert "log: https://console.example/builds/1234" in told
    assert "build: projects/a-project/locations/europe-west4/builds/1234" in told
    assert ("step 3 said 1" in told) is (status == "FAILURE")
    assert len(api.submitted) == 1


@pytest.mark.parametrize("failure", ["FETCH_SOURCE_FAILED", "PUSH_NOT_AUTHORIZED"])
def test_a_build_that_may_have_come_before_its_grants_is_tried_again(
    failure: str, api: RunApi, provider: Provider
) -> None:
    before = len(provider.said)
    looks = (Status.FAILURE, Status.FAILURE, Status.SUCCESS)
    api.next(Fate(looks, why="may not read", failure=getattr(Failure, failure)))

    _, outputs = provider.create(ARGUMENTS)

    assert outputs["pinned_image"] == f"{REPOSITORY_OF_IMAGES}/render@{DIGEST}"
    assert len(api.submitted) == 3
    assert provider.said[before:].count("building again: may not read") == 2


def test_a_build_whose_grants_never_come_fails_with_the_reason(
    api: RunApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(STAND_IN, api.address)
    api.next(Fate((Status.FAILURE,), why="may not read", failure=Failure.FETCH_SOURCE_FAILED))

    with pytest.raises(BuildFailed, match="ended with FAILURE: may not read"):
        build_image(Recipe.model_validate(ARGUMENTS), grant_seconds=0.2)

    assert len(api.submitted) > 1


def test_a_build_that_does_not_end_is_given_up_at_the_deadline(api: RunApi, provider: Provider) -> None:
    told = _fails(api, provider, Fate((Status.WORKING,)), timeout_seconds=0.2)

    assert "BuildTimedOut" in told
    assert "has not ended after 0.2 s" in told
    assert "log: https://console.example/builds/1234" in told


def test_a_build_that_is_not_taken_fails_with_the_reason_and_is_not_tried_again(
    api: RunApi, provider: Provider
) -> None:
    told = _fails(api, provider, Fate(refused=grpc.StatusCode.PERMISSION_DENIED, why="run.builds.create"))

    assert "BuildRefused" in told
    assert f"did not begin to build {ARGUMENTS['image']}: 403 run.builds.create" in told
    assert len(api.submitted) == 1
    assert api.looks == 0


def test_an_outage_while_waiting_passes_and_is_told_once(api: RunApi, provider: Provider) -> None:
    before = len(provider.said)
    outage = (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
    )
    api.next(Fate((Status.WORKING, *outage, Status.WORKING, Status.SUCCESS)))

    _, outputs = provider.create(ARGUMENTS)

    assert str(outputs["pinned_image"]).endswith(DIGEST)
    assert len(api.submitted) == 1
    _, *said = provider.said[before:].splitlines()
    assert [line.partition(" does not answer")[0] for line in said] == [
        "info: render: working",
        "info: render: Cloud Build",
        "info: render: working",
        "info: render: success",
    ]


def test_an_outage_that_does_not_pass_ends_at_the_deadline(api: RunApi, provider: Provider) -> None:
    assert "BuildTimedOut" in _fails(api, provider, Fate((grpc.StatusCode.UNAVAILABLE,)), timeout_seconds=0.2)


def test_whoever_may_not_look_at_the_build_is_told_so_at_once(api: RunApi, provider: Provider) -> None:
    told = _fails(api, provider, Fate((grpc.StatusCode.PERMISSION_DENIED,)))

    assert "does not say how the build" in told
    assert "log: https://console.example/builds/1234" in told
    assert api.looks == 1


def test_a_build_that_nobody_names_is_not_waited_for(api: RunApi, provider: Provider) -> None:
    told = _fails(api, provider, Fate(is_named=False))

    assert "operations/build/a-project/MTIzNA==" in told
    assert api.looks == 0


def test_a_build_without_an_image_is_no_success(api: RunApi, provider: Provider) -> None:
    assert "names no image" in _fails(api, provider, Fate(digests=()))


@pytest.mark.parametrize("name", IS_BUILT_FROM)
def test_another_value_of_what_decides_is_another_image(name: str, provider: Provider) -> None:
    other = {"OTHER": "1"} if name == "environment" else "other"

    assert provider.diff(ARGUMENTS, {**ARGUMENTS, name: other}) == (True, [name])


def test_a_value_that_a_preview_does_not_know_may_be_another_image(provider: Provider) -> None:
    assert provider.diff(ARGUMENTS, {**ARGUMENTS, "archive": rpc.UNKNOWN}) == (True, ["archive"])


@pytest.mark.parametrize("name", IS_NOT_BUILT_FROM)
def test_what_does_not_decide_is_written_down_without_a_build(
    name: str, api: RunApi, provider: Provider
) -> None:
    api.next(Fate())
    _, old = provider.create(ARGUMENTS)
    new = {**ARGUMENTS, name: "other" if name == "service_account" else 7}

    assert provider.diff(old, new) == (True, [])
    assert provider.update(old, new) == {**old, name: new[name]}
    assert len(api.submitted) == 1


def test_the_same_arguments_build_nothing(api: RunApi, provider: Provider) -> None:
    api.next(Fate())
    _, old = provider.create(ARGUMENTS)

    assert provider.diff(old, ARGUMENTS) == (False, [])


def test_to_delete_a_build_asks_google_for_nothing(api: RunApi, provider: Provider) -> None:
    api.next(Fate())

    provider.delete({**ARGUMENTS, "pinned_image": "image@sha256:0"})

    assert not api.submitted
    assert api.looks == 0


def test_a_stand_in_elsewhere_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STAND_IN, "builder.example.com:443")

    with pytest.raises(ValueError, match=r"'builder\.example\.com:443' is not on this machine"):
        build_image(Recipe.model_validate(ARGUMENTS))


def test_the_builder_takes_exactly_what_pulumi_hands_over() -> None:
    arguments = {field.name for field in fields(FunctionBuildArgs)}

    assert set(Recipe.model_fields) == arguments == {*IS_BUILT_FROM, *IS_NOT_BUILT_FROM}
