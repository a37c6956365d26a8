"""Stands where Cloud Scheduler stands: calls the sweep every few seconds. It does not know what that does."""

import http.client
import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from infra.local.cloud_tasks.oidc import fake_identity_token

_SWEEP_PATH = "/sweep"
_TIMEOUT_SECONDS = 60.0

log = structlog.get_logger()


class Ticker:
    """Posts `{}` to the sweep from a thread of its own. A failed call is logged, and the next made in time.

    Args:
        url: finalize's address.
        every_seconds: from the end of one call to the next; the first comes after as long.
        service_account: whose identity the calls claim.
    """

    def __init__(self, url: str, every_seconds: float, service_account: str) -> None:
        self._url = url
        self._every_seconds = every_seconds
        self._service_account = service_account
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more calls; one under way is not waited for. May be called again, or without a start."""
        self._stopped.set()

    def tick(self) -> None:
        """Call the sweep now, in this thread."""
        address = urlsplit(self._url)
        connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=_TIMEOUT_SECONDS
        )
        try:
            connection.request("POST", _SWEEP_PATH, body="{}", headers=self._headers())
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            if not self._stopped.is_set():
                log.warning("sweep.unreachable", error=repr(error))
        else:
            if status != http.HTTPStatus.OK:
                log.warning("sweep.failed", status=status)
        finally:
            connection.close()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_seconds):
            self.tick()

    def _headers(self) -> dict[str, str]:
        token = fake_identity_token(
            service_account_email=self._service_account, audience=self._url, now=datetime.now(UTC)
        )
        return {
            "Content-Type": "application/json",
            "User-Agent": "Google-Cloud-Scheduler",
            "X-CloudScheduler": "true",
            "Authorization": f"Bearer {token}",
        }
