"""A service follows its code and nothing else, and has what it says about itself: threads, probes, a GPU."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from infra.archives import REPOSITORY, Variant
from infra.components.function import SERVER_VARIABLES, FunctionArgs
from infra.components.function_image import FunctionImage
from infra.config import Gpu, Size
from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT, Service
from tests.infra.policies.serving import variables
from tests.infra.program import Run
from tests.infra.recording import Recording, Resource
from tests.infra.recordings import Recordings
from tests.infra.runs import WITH_WEIGHTS_COPIED
from tests.infra.wire import Asset

SERVICE = "gcp:cloudrunv2/service:Service"
SERVICES = (SUBMIT, KEYFRAMES, RENDER, RENDER_GPU, FINALIZE)
CARRIED = ("functions", "infra", "shared")
STAGE = "render"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that a test may write to."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in CARRIED:
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def before(checkout: Path) -> Recording:
    return Run("prod", root=checkout).record()


def _changed(before: Recording, after: Recording) -> Mapping[str, set[str]]:
    """Return the names of all resources that differ, with the inputs that do."""
    assert [resource.urn for resource in before.resources] == [resource.urn for resource in after.resources]
    return {
        old.name: {name for name in old.inputs.keys() | new.inputs.keys() if old.at(name) != new.at(name)}
        for old, new in zip(before.resources, after.resources, strict=True)
        if old.inputs != new.inputs
    }


def _service(recording: Recording, service: Service) -> Resource:
    [made] = [one for one in recording.of_type(SERVICE) if one.name == service.name]
    return made


def _arguments(service: Service, gpu: Gpu, environment: Mapping[str, str]) -> FunctionArgs:
    return FunctionArgs(
        service=service,
        image=cast("FunctionImage", None),  # nobody looks at it before the arguments are complete
        size=Size(cpu=1, memory_gib=1, max_instances=1),
        region="europe-west4",
        account="render@a-project.iam.gserviceaccount.com",
        environment=environment,
        gpu=gpu,
    )


def test_other_code_makes_a_new_archive_image_and_revision_of_its_services_and_nothing_else(
    checkout: Path, before: Recording
) -> None:
    main = checkout / "functions" / STAGE / "main.py"
    code = main.read_text("utf-8")
    main.write_text(f"{code}# Another line.\n", "utf-8")

    after = Run("prod", root=checkout).record()

    main.write_text(code, "utf-8")
    assert _changed(before, after) == {
        "render-image-archive": {"name", "source"},
        "render-image-build": {"archive", "image"},
        "render-gpu-image-archive": {"name", "source"},
        "render-gpu-image-build": {"archive", "image"},
        "render": {"buildConfig"},
        "render-gpu": {"buildConfig"},
    }


def test_files_that_no_archive_carries_change_nothing(checkout: Path, before: Recording) -> None:
    for name in ("infra/local/note.py", "functions/render/tests/test_note.py", "functions/render/notes.in"):
        note = checkout / name
        note.parent.mkdir(exist_ok=True)
        note.write_text("# A note.\n", "utf-8")

    assert _changed(before, Run("prod", root=checkout).record()) == {}


@pytest.mark.parametrize("variant", Variant, ids=repr)
def test_archive_image_and_object_carry_one_digest(before: Recording, variant: Variant) -> None:
    image = f"{variant.of(STAGE)}-image"
    [archive] = [one for one in before.resources if one.name == f"{image}-archive"]
    [build] = [one for one in before.resources if one.name == f"{image}-build"]

    digest = str(archive.at("name")).removeprefix(f"{variant.of(STAGE)}/").removesuffix(".zip")
    source = archive.at("source")
    assert isinstance(source, Asset)
    assert Path(source.path).name == f"{variant.of(STAGE)}-{digest}.zip"
    assert str(build.at("image")).endswith(f"/{variant.of(STAGE)}:{digest}")
    assert build.at("archive") == archive.at("name")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_runs_the_image_that_was_built_and_is_shown_as_a_function(
    service: Service, prod: Recording
) -> None:
    made = _service(prod, service)

    [build] = [one for one in prod.resources if one.name == f"{service.name}-image-build"]
    assert build.at("target") == service.stage
    assert "@sha256:" in str(made.at("template.containers.*.image"))
    assert made.at("buildConfig.functionTarget") == service.stage
    assert made.at("buildConfig.imageUri") == build.at("image")
    assert made.at("buildConfig.sourceLocation") == f"gs://{build.at('bucket')}/{build.at('archive')}"
    assert made.at("buildConfig.baseImage") == build.at("base_image")
    assert made.at("buildConfig.serviceAccount") == build.at("service_account")
    assert build.urn in made.dependencies


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_probe_for_life_is_made_only_where_a_thread_is_left_for_it(
    service: Service, prod: Recording
) -> None:
    made = _service(prod, service)

    has_probe = made.at("template.containers.*.livenessProbe") is not None
    assert has_probe is (service.threads > service.concurrency)
    assert variables(made)["THREADS"] == str(service.threads)
    assert made.at("template.maxInstanceRequestConcurrency") == service.concurrency


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_an_instance_starts_within_what_cloud_run_permits(service: Service, prod: Recording) -> None:
    probe = "template.containers.*.startupProbe"
    period, timeout, failures = (
        _service(prod, service).at(f"{probe}.{name}")
        for name in ("periodSeconds", "timeoutSeconds", "failureThreshold")
    )

    assert isinstance(period, int)
    assert isinstance(timeout, int)
    assert isinstance(failures, int)
    assert timeout == period, "more is not permitted, and a driver that is asked may have to be woken"
    assert period * failures <= (1800 if service.has_gpu else 240)


@pytest.mark.parametrize(
    ("run", "accelerator"),
    [
        (Run("prod"), "nvidia-l4"),
        (Run("prod", told={"gpu": "rtx-pro-6000"}), "nvidia-rtx-pro-6000"),
    ],
    ids=["l4", "rtx-pro-6000"],
)
def test_only_what_renders_on_a_gpu_has_one_and_its_models(
    run: Run, accelerator: str, recordings: Recordings
) -> None:
    recording = recordings.of(run)

    for service in SERVICES:
        made = _service(recording, service)
        limits = made.at("template.containers.*.resources.limits")
        assert isinstance(limits, Mapping)
        assert ("nvidia.com/gpu" in limits) is service.has_gpu
        assert (made.at("template.nodeSelector.accelerator") == accelerator) is service.has_gpu
        assert (made.at("template.gpuZonalRedundancyDisabled") is True) is service.has_gpu
        assert made.at("template.containers.*.resources.cpuIdle") is not service.has_gpu
        assert (made.at("template.volumes.*.gcs.readOnly") is True) is service.has_gpu
        mounted = made.at("template.containers.*.volumeMounts.*.mountPath")
        assert mounted == ("/models" if service.has_gpu else None)


@pytest.mark.parametrize("run", WITH_WEIGHTS_COPIED, ids=str)
def test_only_what_renders_on_a_gpu_has_room_for_a_copy_of_its_models(
    run: Run, recordings: Recordings
) -> None:
    cache = run.told["weightsCache"]
    assert isinstance(cache, Mapping)
    room = {"medium": str(cache["medium"]).upper(), "sizeLimit": f"{cache['gib']}Gi"}

    for service in SERVICES:
        made = _service(recordings.of(run), service)
        mounts = list(made.each("template.containers.*.volumeMounts.*"))
        assert made.at("template.volumes.*.emptyDir") == (room if service.has_gpu else None)
        assert ({"name": "weights", "mountPath": "/weights"} in mounts) is service.has_gpu
        assert ({"name": "models", "mountPath": "/models"} in mounts) is service.has_gpu
        assert variables(made).get("TTV_WEIGHTS_CACHE") == ("/weights" if service.has_gpu else None)


def test_variables_come_in_one_order_always(prod: Recording) -> None:
    for service in SERVICES:
        told = list(variables(_service(prod, service)).items())
        plain = [name for name, value in told if isinstance(value, str)]
        secret = [name for name, value in told if not isinstance(value, str)]
        assert plain == sorted(plain)
        assert secret == sorted(secret)


def test_what_the_server_reads_cannot_be_told_by_a_deployment() -> None:
    with pytest.raises(ValueError, match="THREADS of render cannot be set"):
        _arguments(RENDER, Gpu.NONE, {"THREADS": "3"})
    assert {"THREADS", "WORKERS"} == SERVER_VARIABLES


def test_a_service_for_a_gpu_cannot_be_made_without_one() -> None:
    with pytest.raises(ValueError, match="render-gpu needs a GPU, and the deployment has none"):
        _arguments(RENDER_GPU, Gpu.NONE, {})
    assert _arguments(RENDER_GPU, Gpu.L4, {}).gpu is Gpu.L4
