"""Speaks to the public API, wherever it runs, over HTTP/2 or else HTTP/1.1. Knows no terminal."""

import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

POLL_SECONDS = 0.4
PATIENCE_SECONDS = 30.0
"""How long polling goes on while the service does not answer."""

TIMEOUT = httpx.Timeout(10.0, read=60.0)

PAGE = 100
"""Videos of one listing; more than that the API does not tell at once."""

NO_ANSWER = (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT)
"""What the service, or who stands in front of it, answers when it cannot be reached at the moment."""


class Unreachable(Exception):
    """The service does not answer."""


class Refused(Exception):
    """The service answered an error."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Service:
    """One endpoint and key.

    Args:
        check: called at every poll; raises when the service is known to be gone for good.
        certificate: trusted beside those that are anyway: a local stack's, PEM.
    """

    def __init__(
        self,
        endpoint: str,
        key: str,
        check: Callable[[], None] = lambda: None,
        certificate: Path | None = None,
    ) -> None:
        self._check = check
        self._http = httpx.Client(
            base_url=endpoint,
            headers={"Authorization": f"Bearer {key}"},
            timeout=TIMEOUT,
            http2=True,
            verify=_trusting_also(certificate),
        )

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def create(self, body: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        """Ask for a video. Repeating the call with the same key asks only once."""
        return self._answer("POST", "/v1/videos", json=body, headers={"Idempotency-Key": idempotency_key})

    def render(self, video_id: str, body: dict[str, Any], idempotency_key: str) -> dict[str, Any]:
        """Ask for a video of approved keyframes. Repeating the call with the same key asks only once."""
        path = f"/v1/videos/{video_id}/render"
        return self._answer("POST", path, json=body, headers={"Idempotency-Key": idempotency_key})

    def remix(self, video_id: str, prompt: str, idempotency_key: str) -> dict[str, Any]:
        """Ask for a video with another prompt. Repeating the call with the same key asks only once."""
        path = f"/v1/videos/{video_id}/remix"
        headers = {"Idempotency-Key": idempotency_key}
        return self._answer("POST", path, json={"prompt": prompt}, headers=headers)

    def retry(self, video_id: str, idempotency_key: str) -> dict[str, Any]:
        """Ask for a video in place of a failed one. Repeating the call with the same key asks only once."""
        path = f"/v1/videos/{video_id}/retry"
        return self._answer("POST", path, headers={"Idempotency-Key": idempotency_key})

    def videos(self, limit: int, status: str | None = None) -> list[dict[str, Any]]:
        """Return so many videos at most, newest first.

        Args:
            status: only those that have it.
        """
        found: list[dict[str, Any]] = []
        query = {"status": status} if status else {}
        while len(found) < limit:
            page = self._answer("GET", "/v1/videos", params={**query, "limit": min(limit - len(found), PAGE)})
            found += page["data"]
            if not page["has_more"]:
                break
            query["after"] = page["last_id"]
        return found

    def video(self, video_id: str) -> dict[str, Any]:
        """Return a video as it stands."""
        return self._answer("GET", f"/v1/videos/{video_id}")

    def shots(self, video_id: str) -> list[dict[str, Any]]:
        """Return the shots of a video, in order; none before it is planned."""
        shots: list[dict[str, Any]] = self._answer("GET", f"/v1/videos/{video_id}/shots")["data"]
        return shots

    def delete(self, video_id: str) -> None:
        """Delete a video."""
        self._answer("DELETE", f"/v1/videos/{video_id}")

    def cancel(self, video_id: str) -> dict[str, Any]:
        """Cancel a video."""
        return self._answer("POST", f"/v1/videos/{video_id}/cancel")

    def follow(
        self, video_id: str, lost: Callable[[], None]
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Yield the video and its shots as they change, until it is final.

        Args:
            lost: called once each time the service stops answering.

        Raises:
            Unreachable: there was no answer for 30 s.
            Refused: the service answered an error.
        """
        answered, answers = time.monotonic(), True
        while True:
            self._check()
            try:
                video, shots = self.video(video_id), self.shots(video_id)
            except Unreachable:
                if answers:
                    lost()
                answers = False
                if time.monotonic() - answered > PATIENCE_SECONDS:
                    raise
            else:
                answered, answers = time.monotonic(), True
                yield video, shots
                if video["status"] in ("completed", "failed", "cancelled"):
                    return
            time.sleep(POLL_SECONDS)

    def download(self, video_id: str, variant: str, into: Path) -> None:
        """Write the video, its thumbnail or its storyboard sheet to a file, at one stroke."""
        unfinished = into.with_name(into.name + ".part")
        path = f"/v1/videos/{video_id}/content"
        try:
            with self._http.stream("GET", path, params={"variant": variant}, follow_redirects=True) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _fault(answer)
                with unfinished.open("wb") as file:
                    for chunk in answer.iter_bytes():
                        file.write(chunk)
            unfinished.replace(into)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        finally:
            unfinished.unlink(missing_ok=True)

    def _answer(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx's own
        try:
            answer = self._http.request(method, path, **request)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        if not answer.is_success:
            raise _fault(answer)
        try:
            body: dict[str, Any] = answer.json()
        except ValueError as error:
            raise Refused(answer.status_code, f"{self._http.base_url} is no such service") from error
        return body

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        why = str(error)
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
            why = (
                "its certificate is not trusted; if you trust it, let SSL_CERT_FILE name a file that holds it"
            )
        return Unreachable(f"{self._http.base_url}: {why}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__ or error.__context__


def _trusting_also(certificate: Path | None) -> ssl.SSLContext:
    trusted = httpx.create_ssl_context()
    if certificate:
        trusted.load_verify_locations(certificate)
    return trusted


def _fault(answer: httpx.Response) -> Unreachable | Refused:
    if answer.status_code in NO_ANSWER:
        return Unreachable(_message(answer))
    return Refused(answer.status_code, _message(answer))


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"
