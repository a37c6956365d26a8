"""Describes the edge's start and tells when it is ready. It starts nothing."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.edge.certificate import Certificate, trusting
from infra.local.edge.limits import Limits
from infra.local.probes import PROBE_SECONDS, Probe
from infra.local.process import Launch

_GRACE_SECONDS = 3.0
_USUAL = Limits()


def edge_launch(
    port: int,
    submit_port: int,
    certificate: Certificate,
    project: str,
    folder: Path,
    environment: Mapping[str, str],
    limits: Limits = _USUAL,
) -> Launch:
    """Describe the edge's start.

    Args:
        port: where it listens, TCP and UDP.
        submit_port: where it forwards to.
        certificate: what it shows.
        project: in the names of traces.
        folder: root of the checkout.
        environment: all of its environment.
        limits: what it bounds.
    """
    files = ("--certificate", str(certificate.path), "--key", str(certificate.key))
    ports = ("--port", str(port), "--submit", str(submit_port))
    return Launch(
        name="edge",
        command=(
            *(sys.executable, "-m", "infra.local.edge", *ports, *files),
            *("--project", project, *limits.flags()),
        ),
        environment=environment,
        folder=folder,
        port=port,
        ready=_shakes_hands(certificate),
        grace_seconds=_GRACE_SECONDS,
    )


def _shakes_hands(certificate: Certificate) -> Probe:
    """Ready when it shows its certificate, whether or not submit is there."""

    def probe(port: int) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=PROBE_SECONDS) as connection,
                trusting(certificate.path).wrap_socket(connection, server_hostname="127.0.0.1"),
            ):
                return True
        except OSError:  # those of TLS are too
            return False

    return probe
