"""Starts the server, wires its parts, and stops it on SIGTERM or SIGINT. It must hold no rule of Cloud Tasks.

python -m infra.local.cloud_tasks --port 8123 --instances http://render.local=http://127.0.0.1:9001,http://127.0.0.1:9002
"""

import argparse
import asyncio
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

import structlog

from infra.local.cloud_tasks.delivery import Delivery
from infra.local.cloud_tasks.dispatcher import Deliver, Dispatcher
from infra.local.cloud_tasks.faults import Faults, FaultyDelivery, seeded
from infra.local.cloud_tasks.instances import FrontEnd, origin
from infra.local.cloud_tasks.server import HOST, new_server
from infra.local.cloud_tasks.service import CloudTasks

GRACE_SECONDS = 0.5
"""Calls last about a millisecond; this is for those that are under way."""

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code."""
    options = _parse(arguments)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    delivery = Delivery(FrontEnd(dict(options.instances)), _now)
    faulty = _with_faults(delivery, options.faults, options.seed) if options.faults else None
    dispatcher = Dispatcher(faulty or delivery, _now)
    service = CloudTasks(dispatcher, _now, timedelta(seconds=options.tombstone_seconds))
    try:
        server, port = new_server(service, options.port)
    except RuntimeError as error:
        print(f"cloud_tasks cannot listen on {HOST}:{options.port}: {error}", file=sys.stderr)  # noqa: T201 - a command's own output
        return 1
    await server.start()
    print(f"cloud_tasks is ready on {HOST}:{port}", flush=True)  # noqa: T201 - whoever started us waits for this line
    await stop.wait()
    await server.stop(GRACE_SECONDS)
    if faulty:
        log.info("faults.counted", **faulty.counts)
    # Returning ends the event loop, which breaks off the attempts that still run.
    return 0


def _with_faults(deliver: Deliver, faults: Faults, seed: int | None) -> FaultyDelivery:
    if seed is None:
        seed = secrets.randbits(32)
    log.warning("faults.active", seed=seed, **asdict(faults))
    return FaultyDelivery(deliver, faults, seeded(seed))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m infra.local.cloud_tasks", description="A local Google Cloud Tasks."
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 for a free one")
    parser.add_argument(
        "--instances",
        type=_instances,
        action="extend",
        nargs="+",
        default=[],
        metavar="URL=URL1,URL2",
        help="send tasks for URL to instances that take one request at a time, as Cloud Run does; repeatable",
    )
    parser.add_argument(
        "--tombstone-seconds",
        type=float,
        default=3600,
        help="how long the name of a task that is gone stays blocked (default: 3600; Google: up to 24 hours)",
    )
    parser.add_argument(
        "--faults",
        type=_faults,
        metavar="KIND=PROBABILITY,...",
        help="let deliveries go wrong, each with a probability from 0 to 1; kinds: "
        + ", ".join(field.name for field in fields(Faults)),
    )
    parser.add_argument(
        "--seed", type=int, help="of the faults, to repeat a run; one is chosen and logged when left out"
    )
    options = parser.parse_args(arguments)
    if options.seed is not None and options.faults is None:
        parser.error(f"argument --seed: {options.seed} has no effect without --faults")
    return options


def _faults(text: str) -> Faults:
    try:
        return Faults.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _instances(text: str) -> tuple[str, list[str]]:
    service, separator, instances = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} must be a service's URL, '=', and its instances' URLs")
    try:
        return origin(service), [origin(instance) for instance in instances.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
