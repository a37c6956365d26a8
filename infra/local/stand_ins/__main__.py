"""Starts the stand-in, wires its parts, and stops it on SIGTERM or SIGINT.

python -m infra.local.stand_ins --port 0 --storage http://127.0.0.1:4443 --log FILE --ledger FILE
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
from infra.local.stand_ins.filming import Studio
from infra.local.stand_ins.generating import Generating
from infra.local.stand_ins.google import Google
from infra.local.stand_ins.ledger import LedgerWriter
from infra.local.stand_ins.pictures import Pictures
from infra.local.stand_ins.request_log import RequestLog
from infra.local.stand_ins.server import StandInServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    options = _parse(arguments)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    pictures = Pictures()
    studio = Studio(
        Buckets(options.storage, stopping),
        LedgerWriter(options.ledger),
        pictures,
        options.rates,
        options.seed,
        options.seconds_per_clip,
    )
    google = Google(studio, Generating(pictures, options.seconds_per_picture), options.key)
    try:
        server = StandInServer(google, RequestLog(options.log), options.port, stopping)
    except OSError as error:
        print(f"the stand-in cannot listen on {HOST}:{options.port}: {error}", file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(f"the stand-in for Google's models is ready on {server.url}", flush=True)  # noqa: T201 - whoever started us waits for this line
    stopping.wait()
    server.shutdown()
    server.server_close()
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.stand_ins", description="Stands in for Google's models."
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 for a free one")
    parser.add_argument("--storage", required=True, metavar="URL", help="the Cloud Storage emulator")
    parser.add_argument("--log", type=Path, required=True, metavar="FILE", help="of every call; continued")
    parser.add_argument("--ledger", type=Path, required=True, metavar="FILE", help="of clips; continued")
    parser.add_argument("--seed", type=int, default=0, help="of the faults, to repeat a run")
    parser.add_argument(
        "--rates",
        type=_rates,
        default=Rates(),
        metavar="NAME=PROBABILITY,...",
        help="let starts and polls go wrong, each with a probability from 0 to 1: "
        + ", ".join(field.name for field in fields(Rates)),
    )
    parser.add_argument(
        "--seconds-per-clip", type=float, default=0.1, help="before it is made (default: 0.1)"
    )
    parser.add_argument("--seconds-per-picture", type=float, default=0, help="likewise (default: 0)")
    parser.add_argument("--key", help="which callers must show; any will do when left out")
    return parser.parse_args(arguments)


def _rates(text: str) -> Rates:
    try:
        return Rates.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


if __name__ == "__main__":
    sys.exit(main())
