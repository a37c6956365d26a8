"""Whether something on 127.0.0.1 is ready to be used. It knows nothing of processes."""

import http.client
import socket
from collections.abc import Callable

Probe = Callable[[int], bool]
"""Takes a port; answers at once, or within `PROBE_SECONDS`."""

PROBE_SECONDS = 1.0


def answers_ok(path: str, host: str = "127.0.0.1") -> Probe:
    """Ready when `GET path` answers 200."""

    def probe(port: int) -> bool:
        connection = http.client.HTTPConnection(host, port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def accepts_connections(port: int) -> bool:
    """Ready when the port accepts a TCP connection."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS).close()
    except OSError:
        return False
    return True
