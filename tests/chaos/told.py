"""What one client was told about one video, answer by answer. Data only."""

from dataclasses import dataclass, field

from tests.chaos.orders import Order

FINAL = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Answer:
    """What came back from one request."""

    asked_at: float
    """By the monotonic clock, in seconds."""
    took_seconds: float
    request: str
    """Such as `GET` or `POST cancel`."""
    code: int
    """Of HTTP; 0 when there was no answer."""
    video_id: str = ""
    status: str = ""
    progress: int = -1
    stage: str = ""
    spent_usd: float = 0.0
    error_code: str = ""
    """Of the problem, or of the failed video."""

    @property
    def is_video(self) -> bool:
        """Whether it describes the video."""
        return bool(self.video_id)


@dataclass(frozen=True)
class Media:
    """What a downloaded video turned out to be."""

    frames: int
    """Decoded, one by one."""
    width: int
    height: int
    trouble: str = ""
    """Why there is none."""


@dataclass
class Told:
    """Everything a client knows of its order."""

    order: Order
    answers: list[Answer] = field(default_factory=list)
    media: Media | None = None
    """Of a completed video."""
    is_to_cancel: bool = False
    """Whether the client is to cancel as soon as it can, whatever its order says."""

    @property
    def video_ids(self) -> set[str]:
        """Ids it was given; more than one would be an untruth."""
        return {answer.video_id for answer in self.answers if answer.is_video}

    @property
    def video_id(self) -> str:
        """Its id; empty if none was ever given."""
        return next((answer.video_id for answer in self.answers if answer.is_video), "")

    @property
    def views(self) -> list[Answer]:
        """The answers that describe the video, in order."""
        return [answer for answer in self.answers if answer.is_video]

    @property
    def is_over(self) -> bool:
        """Whether it was told a final status."""
        return any(answer.status in FINAL for answer in self.answers)
