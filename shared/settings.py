"""What a deployment tells its functions: one frozen object, read once from the environment."""

import json
import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from shared.cdn import Cdn, decoded_key
from shared.domain.capabilities import (
    BUILT_IN,
    IMAGE_BACKENDS,
    PLANNERS,
    VIDEO_BACKENDS,
    Model,
    Offer,
    model_of,
)
from shared.domain.errors import InvalidInput
from shared.domain.generation import build_effective_config
from shared.domain.gpu_work import GPU_WORK, Gpu, gpus_of

LOOPBACK = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
"""Only there is a stand-in believed."""

NOT_ON_THE_GEMINI_API = frozenset({"veo"})
"""Backends that need Vertex AI. Source: `Models.generate_videos` in google-genai 3.4.0."""

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
"""As browsers send it. Source: https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin"""


class Settings(BaseModel):
    """Each field is read from the environment variable of its name in capitals.

    The client libraries read FIRESTORE_EMULATOR_HOST, STORAGE_EMULATOR_HOST and
    GOOGLE_APPLICATION_CREDENTIALS themselves; none is set in the cloud.
    """

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)  # one of them is a key

    google_cloud_project: str
    ttv_location: str
    """Region of the queues, such as `europe-west4`."""
    ttv_bucket: str
    """Holds keyframes, clips and videos."""
    ttv_keyframes_queue: str = "keyframes"
    ttv_render_queue: str = "render"
    ttv_render_gpu_queue: str = "render-gpu"
    ttv_finalize_queue: str = "finalize"
    ttv_keyframes_url: str
    ttv_render_url: str
    ttv_render_gpu_url: str = ""
    """Of the render function on a GPU; empty: this deployment has none."""
    ttv_finalize_url: str
    ttv_invoker_service_account: str
    """Whose identity token the queues send to the workers."""
    ttv_tasks_endpoint: str = ""
    """host:port of a plaintext Cloud Tasks server; empty means Google's."""
    ttv_lease_seconds: float = 60
    """How soon the work of a killed worker is taken up again."""
    ttv_job_time_limit_seconds: int = BUILT_IN.time_limit_seconds
    """A job that is not final by then fails with `deadline_exceeded`."""
    ttv_video_backends: str = ",".join(BUILT_IN.video)
    """The video backends this deployment offers, by name, with commas between."""
    ttv_image_backends: str = ",".join(BUILT_IN.image)
    """The image backends, likewise."""
    ttv_planners: str = ",".join(BUILT_IN.planners)
    """The planners, likewise."""
    ttv_defaults: Mapping[str, Any] = {}
    """JSON: settings of a video where a request leaves them open, such as `{"model": "omni"}`."""
    ttv_model_ids: Mapping[str, str] = {}
    """JSON: backend -> a provider's id for its model, where it is to be another than ours."""
    ttv_max_operations: Mapping[str, Annotated[int, Field(ge=0)]] = {}
    """JSON: video backend -> how many operations may run there at a time, if not as many as we say."""
    ttv_gpu: str = ""
    """What renders on `ttv_render_gpu_url`: a `shared.domain.gpu_work.Gpu`; empty: nothing does."""
    ttv_gpu_speeds: Mapping[str, Mapping[str, Annotated[float, Field(gt=0)]]] = {}
    """JSON: video backend -> size -> seconds of that GPU for a second of clip, as it was measured there;
    where it says nothing, our estimates hold."""
    ttv_gpu_instances: Annotated[int, Field(ge=1)] = BUILT_IN.gpu_instances
    """How many instances of it there may be, each of which renders one clip at a time."""
    ttv_weights: str = ""
    """Folder with the weights of the video backends that need a GPU, such as a mounted bucket; only for the
    instances that have it. Empty: none."""
    ttv_weights_bucket: str = ""
    """The bucket that is mounted there. Weights that are not copied are compared with the checksums that
    Cloud Storage tells of its objects; empty: all are read for that when an instance starts."""
    ttv_weights_cache: str = ""
    """Folder of the machine they are copied to when an instance starts, and compared with their checksums;
    empty: they are used where they are."""
    ttv_google_api_key: SecretStr = SecretStr("")
    """For the Gemini API; empty: Vertex AI, with the credentials of the instance."""
    ttv_google_location: str = "global"
    """Where Vertex AI runs the models of Gemini."""
    ttv_veo_location: str = "us-central1"
    """Where it runs those of Veo."""
    ttv_google_stand_in: str = ""
    """Base URL, on this machine, of what stands in for Google's models. It is sent no credentials."""
    ttv_max_running_videos: int = 100
    """Of one owner at a time; more are refused with 429. An API key may have limits of its own instead."""
    ttv_creations_per_minute: int = 60
    """By one owner; likewise."""
    ttv_usd_per_month: float = 0
    """What the videos of one owner may cost, in US dollars; more is refused with 402. 0: no limit."""
    ttv_requests_per_minute: int = 1200
    """By one key on one instance: every call that creates no video. More are refused with 429."""
    ttv_cors_origins: str = ""
    """Origins whose pages may call the API from a browser, with commas between, or `*`; empty: none may."""
    ttv_cdn_url: str = ""
    """Where Cloud CDN serves the bucket, such as `https://video.example.com`; empty: videos are fetched from
    Cloud Storage."""
    ttv_cdn_key_name: str = ""
    """What Cloud CDN calls the key that signs its URLs."""
    ttv_cdn_key: SecretStr = SecretStr("")
    """That key: the base64url of 16 bytes."""
    ttv_log_level: str = "info"
    """Metrics are made of lines of `info`."""

    @property
    def offer(self) -> Offer:
        """What this deployment offers."""
        return Offer(
            video=_apart(self.ttv_video_backends),
            image=_apart(self.ttv_image_backends),
            planners=_apart(self.ttv_planners),
            gpu=self.ttv_gpu,
            gpu_speeds=self.ttv_gpu_speeds,
            gpu_instances=self.ttv_gpu_instances,
            time_limit_seconds=self.ttv_job_time_limit_seconds,
        )

    @property
    def backends_on_gpu(self) -> tuple[str, ...]:
        """The video backends of this deployment that need a GPU."""
        return tuple(name for name in self.offer.video if VIDEO_BACKENDS[name].needs_gpu)

    def model_id(self, backend: str) -> str:
        """Return the provider's id for a backend's model."""
        return self.ttv_model_ids.get(backend) or model_of(backend).model_id

    def max_operations(self, backend: str) -> int:
        """Return how many operations may run at a video backend at a time; 0: any number."""
        return self.ttv_max_operations.get(backend, VIDEO_BACKENDS[backend].max_operations)

    @property
    def cdn(self) -> Cdn | None:
        """What serves the videos; None: Cloud Storage itself."""
        if not self.ttv_cdn_url:
            return None
        return Cdn(self.ttv_cdn_url, self.ttv_cdn_key_name, decoded_key(self.ttv_cdn_key.get_secret_value()))

    @field_validator("ttv_usd_per_month", mode="before")
    @classmethod
    def _or_no_limit(cls, usd: object) -> object:
        return usd or 0

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """`ttv_cors_origins`, apart."""
        return tuple(origin.strip() for origin in self.ttv_cors_origins.split(",") if origin.strip())

    @field_validator("ttv_cors_origins")
    @classmethod
    def _are_origins(cls, origins: str) -> str:
        for origin in filter(None, map(str.strip, origins.split(","))):
            if origin != "*" and not ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is no origin; permitted: * or such as https://example.com:8443 in lower case"
                )
        return origins

    @field_validator("ttv_video_backends", "ttv_image_backends", "ttv_planners")
    @classmethod
    def _are_known(cls, names: str, field: ValidationInfo) -> str:
        known = _KNOWN[field.field_name or ""]
        for name in _apart(names):
            if name not in known:
                raise ValueError(f"{name!r} is none; permitted: {', '.join(known)}")
        return names

    @field_validator("ttv_gpu")
    @classmethod
    def _is_a_gpu(cls, gpu: str) -> str:
        if gpu and gpu not in tuple(Gpu):
            raise ValueError(f"{gpu!r} is none that we know; permitted: {', '.join(Gpu)}, or nothing")
        return gpu

    @field_validator("ttv_weights", "ttv_weights_cache")
    @classmethod
    def _is_absolute(cls, folder: str) -> str:
        if folder and not folder.startswith("/"):
            raise ValueError(f"{folder!r} is no folder from the root; permitted: such as /models")
        return folder

    @field_validator("ttv_defaults", "ttv_model_ids", "ttv_max_operations", "ttv_gpu_speeds", mode="before")
    @classmethod
    def _from_json(cls, text: object) -> object:
        return json.loads(text or "{}") if isinstance(text, str) else text

    @field_validator("ttv_gpu_speeds")
    @classmethod
    def _are_of_what_needs_one(cls, speeds: Mapping[str, Mapping[str, float]]) -> Mapping[str, object]:
        for backend, of_sizes in speeds.items():
            if backend not in GPU_WORK:
                raise ValueError(f"{backend!r} needs no GPU; permitted: {', '.join(GPU_WORK)}")
            for size in of_sizes:
                if size not in VIDEO_BACKENDS[backend].sizes:
                    permitted = ", ".join(VIDEO_BACKENDS[backend].sizes)
                    raise ValueError(f"{size!r} is no size of {backend}; permitted: {permitted}")
        return speeds

    @field_validator("ttv_model_ids", "ttv_max_operations")
    @classmethod
    def _are_of_backends(cls, by_backend: Mapping[str, object]) -> Mapping[str, object]:
        for backend in by_backend:
            model_of(backend)
        return by_backend

    @field_validator("ttv_google_stand_in")
    @classmethod
    def _is_on_this_machine(cls, url: str) -> str:
        if url and not LOOPBACK.fullmatch(url):
            raise ValueError(f"{url!r} is not on this machine; permitted: such as http://127.0.0.1:8080")
        return url

    @model_validator(mode="after")
    def _defaults_can_be_made(self) -> Self:
        try:
            build_effective_config(base=self.ttv_defaults, offered=self.offer)
        except InvalidInput as error:
            raise ValueError(f"TTV_DEFAULTS: {error}") from error
        return self

    @model_validator(mode="after")
    def _is_offered_where_it_is(self) -> Self:
        if self.ttv_google_api_key.get_secret_value():
            for name in sorted(NOT_ON_THE_GEMINI_API.intersection(self.offer.video)):
                raise ValueError(
                    f"TTV_VIDEO_BACKENDS: {name!r} needs Vertex AI; TTV_GOOGLE_API_KEY chooses the Gemini API"
                )
        return self

    @model_validator(mode="after")
    def _can_sign_for_the_cdn(self) -> Self:
        told = (self.ttv_cdn_url, self.ttv_cdn_key_name, self.ttv_cdn_key.get_secret_value())
        if any(told) and not all(told):
            raise ValueError("TTV_CDN_URL, TTV_CDN_KEY_NAME and TTV_CDN_KEY: permitted: all three, or none")
        try:
            _ = self.cdn
        except ValueError as error:
            raise ValueError(f"TTV_CDN_URL, TTV_CDN_KEY_NAME or TTV_CDN_KEY: {error}") from None
        return self

    @model_validator(mode="after")
    def _has_the_gpu_it_needs(self) -> Self:
        for name in self.backends_on_gpu:
            for variable, value in (
                ("TTV_RENDER_GPU_URL", self.ttv_render_gpu_url),
                ("TTV_GPU", self.ttv_gpu),
            ):
                if not value:
                    raise ValueError(
                        f"TTV_VIDEO_BACKENDS: {name!r} needs a GPU, and this deployment has none:"
                        f" {variable} is empty"
                    )
            if self.ttv_gpu not in gpus_of(name):
                raise ValueError(
                    f"TTV_VIDEO_BACKENDS: {name!r} does not fit on {self.ttv_gpu};"
                    f" permitted in TTV_GPU: {', '.join(gpus_of(name))}"
                )
        return self

    @model_validator(mode="after")
    def _has_the_weights_it_tells_of(self) -> Self:
        for variable, value in (
            ("TTV_WEIGHTS_CACHE", self.ttv_weights_cache),
            ("TTV_WEIGHTS_BUCKET", self.ttv_weights_bucket),
        ):
            if value and not self.ttv_weights:
                raise ValueError(f"{variable}: there are no weights: TTV_WEIGHTS is empty")
        return self

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            pydantic.ValidationError: a variable without default is missing.
        """
        return cls.model_validate(
            {name: environment[name.upper()] for name in cls.model_fields if name.upper() in environment}
        )


def names_weights(environment: Mapping[str, str] = os.environ) -> bool:
    """Tell, without reading all other settings, whether a process is to render with weights of its own."""
    return bool(environment.get("TTV_WEIGHTS"))


def _apart(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(","))


_KNOWN: Mapping[str, Mapping[str, Model]] = {
    "ttv_video_backends": VIDEO_BACKENDS,
    "ttv_image_backends": IMAGE_BACKENDS,
    "ttv_planners": PLANNERS,
}
