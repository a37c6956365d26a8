"""Starts the provider, wires its parts, and stops it on SIGTERM or SIGINT.

python -m tests.provider --port 0 --storage http://127.0.0.1:4443 --ledger FILE --seed 1 --rates quota=0.05
"""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from infra.local.stand_ins.answers import HOST
from infra.local.stand_ins.bucket import Buckets
from infra.local.stand_ins.fates import Rates
from infra.local.stand_ins.ledger import LedgerWriter
from tests.provider.provider import Provider
from tests.provider.server import ProviderServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    options = _parse(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    ledger = LedgerWriter(options.ledger)
    buckets = Buckets(options.storage, stopping)
    provider = Provider(buckets, ledger, options.rates, options.seed, options.seconds_per_clip)
    try:
        server = ProviderServer(provider, options.port, options.key, stopping)
    except OSError as error:
        print(f"provider cannot listen on {HOST}:{options.port}: {error}", file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(f"provider is ready on {HOST}:{server.server_port}", flush=True)  # noqa: T201 - whoever started us waits for this line
    stopping.wait()
    server.shutdown()
    server.server_close()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.provider", description="A paid video provider.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 for a free one")
    parser.add_argument("--storage", required=True, metavar="URL", help="the Cloud Storage emulator")
    parser.add_argument("--ledger", type=Path, required=True, metavar="FILE", help="created, or continued")
    parser.add_argument("--seed", type=int, required=True, help="of the faults, to repeat a run")
    parser.add_argument(
        "--rates",
        type=_rates,
        default=Rates(),
        metavar="NAME=PROBABILITY,...",
        help="let calls go wrong, each with a probability from 0 to 1: "
        + ", ".join(field.name for field in fields(Rates)),
    )
    parser.add_argument(
        "--seconds-per-clip", type=float, default=0.3, help="from accepting to delivering (default: 0.3)"
    )
    parser.add_argument("--key", help="which callers must show; any will do when left out")
    return parser.parse_args(arguments)


def _rates(text: str) -> Rates:
    try:
        return Rates.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
