"""What tests do with the running service, in the words of its users."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from shared.job_store import JobStore

Seen = TypeVar("Seen")

PROMPT = (
    "Mara, a young woman in a red coat, walks along the harbour at dawn. Rain begins to fall on the boats. "
    "Mara shelters in a warm café. At night Mara runs home through the city."
)
PATIENCE_SECONDS = 90.0


@dataclass(frozen=True)
class Api:
    """The public API as one caller sees it, and the store behind it."""

    http: httpx.Client
    store: JobStore
    patience_seconds: float = PATIENCE_SECONDS
    """How long the whole of a video may take."""

    def create(self, **body: object) -> str:
        """Ask for a small video and return its id."""
        answer = self.http.post("/v1/videos", json={"prompt": PROMPT, "seconds": 8, "size": "640x360"} | body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def video(self, video_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/v1/videos/{video_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def finished(self, video_id: str) -> dict[str, Any]:
        """Wait for the end of a video and return it."""
        final = ("completed", "failed", "cancelled")
        return self.wait_until(video_id, lambda video: video["status"] in final)

    def wait_until(self, video_id: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        what, patience = f"{video_id} to get there", self.patience_seconds
        return until(lambda: self.video(video_id), condition, what=what, patience_seconds=patience)

    def wait_for_event(self, video_id: str, name: str, stage: str | None = None) -> dict[str, Any]:
        """Wait until something has happened to a video, and return it."""

        def found() -> dict[str, Any]:
            events = self.store.events(video_id)
            return next((e for e in events if e["name"] == name and stage in (None, e["stage"])), {})

        return until(found, bool, what=f"{name} of {video_id}")

    def download(self, video_id: str, into: Path, variant: str = "video") -> Path:
        path = f"/v1/videos/{video_id}/content"
        answer = self.http.get(path, params={"variant": variant}, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        into.write_bytes(answer.content)
        return into


def until(
    look: Callable[[], Seen],
    condition: Callable[[Seen], object],
    *,
    what: str,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Seen:
    """Look until the condition holds; other processes tell us nothing by themselves."""
    give_up_at = time.monotonic() + patience_seconds
    while not condition(seen := look()):
        assert time.monotonic() < give_up_at, f"waited in vain for {what}; last seen: {seen}"
        time.sleep(0.03)
    return seen
