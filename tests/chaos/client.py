"""One client: orders a video as our documentation says, looks after it until it is final, and fetches it.

It believes nothing and forgets nothing: every answer is kept. It judges none.
"""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from shared.probe import decode_fully, probe
from tests.chaos.orders import Cancel, Phase
from tests.chaos.told import Answer, Media, Told

POLL_SECONDS = 0.4
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 20.0
MAX_DOWNLOADS = 40
"""Tries; a video that is completed and cannot be had for 20 s and more is an untruth."""


class Client:
    """Follows one order after the other, from one thread.

    Args:
        url: of submit.
        api_key: of the owner of all orders.
        given_up: set when the run is over, final or not.
    """

    def __init__(self, url: str, api_key: str, given_up: threading.Event) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )
        self._given_up = given_up

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def follow(self, told: Told) -> None:
        """Bring an order to its end; returns early, with what it has, once the run is given up."""
        if not self._submit(told):
            return
        intent = _Intent(told.order.cancel)
        while not told.is_over:
            if told.is_to_cancel:
                told.is_to_cancel = False
                intent.hurry()
            if intent.is_due(told.views[-1]):
                answer = self._ask(told, "POST cancel", f"/v1/videos/{told.video_id}/cancel")
                intent.heard(answer.code)
            else:
                self.look(told)
            if self._given_up.wait(intent.pause_seconds):
                return
        if told.views[-1].status == "completed":
            told.media = self._fetched(told)

    def look(self, told: Told) -> Answer:
        """Ask how the video stands."""
        return self._ask(told, "GET", f"/v1/videos/{told.video_id}")

    def _submit(self, told: Told) -> bool:
        """Order the video, again and again with the same key, until it is accepted."""
        while not self._given_up.is_set():
            headers = {"Idempotency-Key": f"order-{told.order.number}"}
            answer = self._ask(told, "POST", "/v1/videos", json=told.order.body, headers=headers)
            if answer.code == 202:
                return True
            if 400 <= answer.code < 500:
                return False
            self._given_up.wait(RETRY_SECONDS)
        return False

    def _ask(self, told: Told, request: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 - as httpx has it
        asked_at = time.monotonic()
        body: Mapping[str, Any] = {}
        try:
            response = self._http.request(request.split()[0], path, **more)
            code, body = response.status_code, response.json()
        except (httpx.TransportError, ValueError):
            code = 0
        is_video = code in (200, 202)
        answer = Answer(
            asked_at=asked_at,
            took_seconds=time.monotonic() - asked_at,
            request=request,
            code=code,
            video_id=str(body["id"]) if is_video else "",
            status=str(body["status"]) if is_video else "",
            progress=int(body["progress"]) if is_video else -1,
            stage=str(body["stage"]) if is_video else "",
            spent_usd=float(body["cost"]["spent_usd"]) if is_video else 0.0,
            error_code=str((body.get("error") or {}).get("code", "")),
        )
        told.answers.append(answer)
        return answer

    def _fetched(self, told: Told) -> Media:
        trouble = "it was not tried"
        for _ in range(MAX_DOWNLOADS):
            try:
                found = self._http.get(f"/v1/videos/{told.video_id}/content", follow_redirects=True)
            except httpx.TransportError as error:
                trouble = type(error).__name__
            else:
                if found.status_code == 200:
                    return _seen(found.content)
                trouble = f"{found.status_code} {found.text[:200]}"
                if found.status_code < 500:
                    break
            if self._given_up.wait(RETRY_SECONDS):
                break
        return Media(frames=0, width=0, height=0, trouble=trouble)


def _seen(content: bytes) -> Media:
    with TemporaryDirectory(prefix="ttv-chaos-") as folder:
        path = Path(folder, "video.mp4")
        path.write_bytes(content)
        try:
            facts, frames = probe(path), decode_fully(path)
        except Exception as error:  # whatever is wrong with it is a finding, not our failure
            return Media(frames=0, width=0, height=0, trouble=repr(error))
    return Media(frames=frames, width=facts.width, height=facts.height)


class _Intent:
    """When a client that will cancel does so."""

    def __init__(self, cancel: Cancel | None) -> None:
        self._cancel = cancel
        self._due_at: float | None = None

    @property
    def pause_seconds(self) -> float:
        """Until the next look: shorter while a moment is awaited, since some phases are."""
        if self._cancel is None:
            return POLL_SECONDS
        if self._due_at is None:
            return POLL_SECONDS / 4
        return min(POLL_SECONDS, max(0.0, self._due_at - time.monotonic()))

    def is_due(self, view: Answer) -> bool:
        """Say whether to cancel now, given how the video was seen last."""
        if self._cancel and self._due_at is None and _has_reached(view, self._cancel.phase):
            self._due_at = time.monotonic() + self._cancel.after_seconds
        return self._due_at is not None and time.monotonic() >= self._due_at

    def hurry(self) -> None:
        """Cancel now."""
        self._cancel, self._due_at = Cancel(phase=Phase.QUEUED, after_seconds=0), time.monotonic()

    def heard(self, code: int) -> None:
        """Be content with a clear answer; else try again soon."""
        if code in (200, 409):
            self._cancel = self._due_at = None
        else:
            self._due_at = time.monotonic() + RETRY_SECONDS


def _has_reached(view: Answer, phase: Phase) -> bool:
    by_stage = {"keyframes": Phase.DRAWING, "render": Phase.RENDERING, "finalize": Phase.FINALIZING}
    reached = Phase.QUEUED if view.status == "queued" else by_stage[view.stage]
    phases = list(Phase)
    return phases.index(reached) >= phases.index(phase)
