"""What a deployment tells its functions: one frozen object, read once from the environment."""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, field_validator

from shared.domain.generation import BUILT_IN, VIDEO_BACKENDS


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
    """Of one owner at a time; more are refused with 429."""
    ttv_log_level: str = "info"

    @property
    def video_backends(self) -> tuple[str, ...]:
        """`ttv_video_backends`, apart."""
        return tuple(name.strip() for name in self.ttv_video_backends.split(","))

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
