"""Starts the edge and stops it on SIGTERM or SIGINT. It must hold no rule of forwarding.

python -m infra.local.edge --port 8443 --submit 8080 --certificate certificate.pem --key key.pem
"""

import argparse
import signal
import sys
from collections.abc import Sequence

import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from hypercorn.typing import ASGIFramework

from infra.local.edge.forward import Forwarder
from infra.local.edge.limits import Limits
from infra.local.edge.mended import mend_hypercorn
from shared import logs

HOST = "127.0.0.1"
GRACE_SECONDS = 0.5
"""For requests that are under way. The server of QUIC uses all of it, since it notices no stop by itself."""
IDLE_SECONDS = 60.0
"""How long a connection without requests is kept. Google's keep theirs for 10 minutes."""
HANDSHAKE_SECONDS = 10.0
NO_LIMIT = 10**9
"""Of requests on one connection. At the limit Hypercorn drops the answer that is due, over HTTP/2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    options = _parse(arguments)
    logs.configure("info", options.project)
    mend_hypercorn()
    try:
        trio.run(_serve, Forwarder(options.submit, options.limits), _configuration(options))
    except OSError as error:
        print(f"edge cannot listen on {HOST}:{options.port}: {error}", file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    return 0


async def _serve(app: ASGIFramework, config: Config) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:

        async def stopped() -> None:
            await anext(aiter(signals))

        await serve(app, config, shutdown_trigger=stopped, mode="asgi")


def _configuration(options: argparse.Namespace) -> Config:
    config = Config()
    config.bind = config.quic_bind = [f"{HOST}:{options.port}"]  # `alt-svc` follows from the latter
    config.certfile, config.keyfile = options.certificate, options.key
    config.alpn_protocols = ["h2", "http/1.1"]
    config.include_server_header = False
    config.loglevel = "WARNING"
    # Twice as much as is taken, so that a header that is too large is answered in the envelope.
    config.h11_max_incomplete_size = config.h2_max_header_list_size = 2 * options.limits.header_bytes
    config.keep_alive_timeout = IDLE_SECONDS
    config.keep_alive_max_requests = NO_LIMIT
    config.ssl_handshake_timeout = HANDSHAKE_SECONDS
    config.graceful_timeout = GRACE_SECONDS
    return config


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.edge", description="A local load balancer.")
    parser.add_argument("--port", type=int, required=True, help="TCP and UDP port on 127.0.0.1")
    parser.add_argument("--submit", type=int, required=True, metavar="PORT", help="where submit listens")
    parser.add_argument("--certificate", required=True, metavar="FILE", help="PEM")
    parser.add_argument("--key", required=True, metavar="FILE", help="PEM")
    parser.add_argument("--project", default="local", help="in the names of traces")
    parser.add_argument(
        "--limit", action="append", default=[], metavar="NAME=NUMBER", help="another limit than usual"
    )
    options = parser.parse_args(arguments)
    try:
        options.limits = Limits.parse(options.limit)
    except ValueError as error:
        parser.error(f"argument --limit: {error}")
    return options


if __name__ == "__main__":
    sys.exit(main())
