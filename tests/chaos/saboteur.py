"""Runs a function under the functions-framework, and strikes its process at boundaries, as the seed has it.

python -S tests/chaos/saboteur.py --target render --source main.py --host 127.0.0.1 --port 8080

Stands in the place of `python -S -m functions_framework`: the function can import only the archive and the
installed packages. gunicorn forks its worker from this process, and the worker inherits what is wrapped.
"""

import os
import runpy
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path

CHECKOUT = str(Path(__file__).parents[2])

SEED, RATE, FOLDER = "CHAOS_SEED", "CHAOS_RATE", "CHAOS_FOLDER"
HURRIED = "CHAOS_HURRIED"
"""Variables of the environment; the last names a video backend, which keeps the times of `scripted`."""

CLOCK = "clock "
"""Begins the name under which starts are counted, by how much their clocks are wrong."""


def main() -> None:
    """Sabotage, then run the functions-framework with the arguments as they are."""
    _import_sabotage()
    target = sys.argv[sys.argv.index("--target") + 1]
    _sabotage(target)
    runpy.run_module("functions_framework", run_name="__main__", alter_sys=True)


def _import_sabotage() -> None:
    """Import our own modules from the checkout, out of which nothing else can be imported afterwards."""
    sys.path[0] = str(Path.cwd())  # the archive's root, as `-m` has it; it comes first even now
    sys.path.insert(1, CHECKOUT)
    import tests.chaos.clocks
    import tests.chaos.fates
    import tests.chaos.strikes
    import tests.chaos.wrapping  # noqa: F401 - to be found in sys.modules from now on

    sys.path.remove(CHECKOUT)


def _sabotage(function: str) -> None:
    from tests.chaos.boundaries import Boundary
    from tests.chaos.clocks import set_wrong, skew_of
    from tests.chaos.fates import Deed, fate
    from tests.chaos.strikes import Held, Strike, StrikeRecord, now
    from tests.chaos.wrapping import bound_work, wrap

    seed, rate = int(os.environ[SEED]), float(os.environ[RATE])
    record = StrikeRecord(Path(os.environ[FOLDER]))
    _hurry(os.environ[HURRIED])

    def passed(boundary: Boundary) -> None:
        if record.is_calm:
            return
        deed = fate(seed, function, boundary, record.count(f"{function}, {boundary}"), rate)
        if deed is None:
            return
        work = bound_work()
        held = (Held(job_id=work[0], key=work[1]),) if work else ()
        strike = Strike(
            deed=deed,
            function=function,
            boundary=boundary,
            pid=os.getpid(),
            instance=os.getppid(),
            held=held,
            at=now(),
        )
        record.write(strike)
        match deed:
            case Deed.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Deed.TERMINATE:
                os.kill(os.getppid(), signal.SIGTERM)
            case Deed.SLEEP:
                os.kill(os.getpid(), signal.SIGSTOP)

    def holding(job_id: str, key: str) -> AbstractContextManager[None]:
        return record.holding(Held(job_id=job_id, key=key))

    wrap(function, passed, holding)
    skew = skew_of(seed, record.count("starts"))
    record.count(f"{CLOCK}{skew:+d} s")
    set_wrong(skew)


def _hurry(backend: str) -> None:
    """Let a backend settle within seconds, as its stand-in does. In the cloud that takes minutes."""
    from shared.domain import capabilities

    known = dict(capabilities.VIDEO_BACKENDS)
    times = ("poll_seconds", "call_seconds", "usual_seconds", "settles_seconds")
    own = {name: getattr(known["scripted"], name) for name in times}
    capabilities.VIDEO_BACKENDS[backend] = known[backend].evolve(**own)  # type: ignore[index]  # a dict in truth


if __name__ == "__main__":
    main()
