"""What a deployment tells its functions: one frozen object, read once from the environment."""

import os
import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, field_validator

from shared.domain.generation import BUILT_IN, VIDEO_BACKENDS

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
"""As browsers send it. Source: https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin"""


class Settings(BaseModel):
    """Each field is read from the environment variable of its name in capitals.

    The client libraries read FIRESTORE_EMULATOR_HOST, STORAGE_EMULATOR_HOST and
    GOOGLE_APPLICATION_CREDENTIALS themselves; none is set in the cloud.
    """

    model_config = ConfigDict(frozen=True)

    google_cloud_project: str
    ttv_location: str
    """Region of the queues, such as `europe-west4`."""
    ttv_bucket: str
    """Holds keyframes, clips and videos."""
    ttv_keyframes_queue: str = "keyframes"
    ttv_render_queue: str = "render"
    ttv_finalize_queue: str = "finalize"
    ttv_keyframes_url: str
    ttv_render_url: str
    ttv_finalize_url: str
    ttv_invoker_service_account: str
    """Whose identity token the queues send to the workers."""
    ttv_tasks_endpoint: str = ""
    """host:port of a plaintext Cloud Tasks server; empty means Google's."""
    ttv_lease_seconds: float = 60
    """How soon the work of a killed worker is taken up again."""
    ttv_job_time_limit_seconds: int = 2 * 60 * 60
    """A job that is not final by then fails with `deadline_exceeded`."""
    ttv_video_backends: str = ",".join(BUILT_IN)
    """The video backends this deployment offers, by name, with commas between."""
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
    ttv_log_level: str = "info"

    @property
    def video_backends(self) -> tuple[str, ...]:
        """`ttv_video_backends`, apart."""
        return tuple(name.strip() for name in self.ttv_video_backends.split(","))

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

    @field_validator("ttv_video_backends")
    @classmethod
    def _are_known(cls, names: str) -> str:
        for name in names.split(","):
            if name.strip() not in VIDEO_BACKENDS:
                raise ValueError(f"{name!r} is no video backend; permitted: {', '.join(VIDEO_BACKENDS)}")
        return names

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings.

        Raises:
            pydantic.ValidationError: a variable without default is missing.
        """
        return cls.model_validate(
            {name: environment[name.upper()] for name in cls.model_fields if name.upper() in environment}
        )
