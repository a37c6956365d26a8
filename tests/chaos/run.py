"""One run: starts everything, lets clients and chaos loose, waits for the end, gathers the facts.

Composition only: what goes wrong, and what must hold all the same, is written in the other modules.
"""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.clients import create_api_key, job_store
from infra.local.errors import AlreadyRunning
from infra.local.queues import TaskFaults
from infra.local.run_folder import is_held
from infra.local.stack import LocalStack
from infra.local.stand_ins.ledger import Ledger
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from shared.job_store import JobStore
from tests.chaos import collecting, saboteur
from tests.chaos.aftermath import Aftermath
from tests.chaos.crowd import Crowd
from tests.chaos.facts import Leftovers, RunFacts
from tests.chaos.orders import orders
from tests.chaos.outside import Outside
from tests.chaos.storage_proxy import StorageProxy
from tests.chaos.strikes import StrikeRecord
from tests.provider.running import RunningProvider, running_provider

Provider = RunningProvider | RunningStandIn

LEASE_SECONDS = 6.0
SWEEP_SECONDS = 3.0
PROVIDER_KEY = "chaos"
PAID_MODELS = ("scripted", "omni")
FREEZE_AT_PERCENT = (30, 65)
"""Of all jobs, when Firestore goes away."""

STRIKE_RATE = 0.006
"""Of every passage of a boundary."""
STORAGE_FAULT_RATE = 0.05
TASK_FAULTS = "duplicate=0.05,delay=0.05,reorder=0.05,drop=0.01,lose_answer=0.03"
PROVIDER_RATES = {
    "quota": 0.03,
    "unavailable": 0.02,
    "error": 0.02,
    "refuse_start": 0.03,
    "lose_answer": 0.08,
    "refuse_later": 0.03,
    "fail_later": 0.03,
    "corrupt": 0.01,
    "slow": 0.15,
    "poll_unavailable": 0.01,
}

CALM_AT_PERCENT = 85
"""Of all jobs, when strikes end, so that the last ones show that nothing lasting is broken."""
SECONDS_PER_CLIP = 1.4
"""At the provider. A slow one takes five times as long: longer than a lease, so that the call of a killed
worker is still under way when the next one comes, and less than what `scripted` needs to settle for sure."""

PATIENCE_SECONDS = 120.0
"""For one more job to be final."""
SETTLING_SECONDS = 90.0
"""For the paid calls of final jobs."""
RECOUNTING_SECONDS = 4 * SWEEP_SECONDS
"""For what is reserved to be counted anew."""
STOPPING_SECONDS = 15.0
"""For work of final jobs to notice that, and to clean up."""

SAYS_EVERY_SECONDS = 0.5

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a run is to be."""

    seed: int
    jobs: int
    folder: Path
    """Of the run: absolute. What an earlier one left there is removed; nothing else is."""
    model: str = PAID_MODELS[0]
    """Which video backend is paid."""
    keep: bool = False
    """Whether it stays even when all went well."""


def run(options: Options, say: Say) -> tuple[RunFacts, Ledger]:
    """Make one run and return what is known of it.

    Args:
        say: told every moment how far it has come.

    Raises:
        LocalStackError: the stack could not be started, or broke down.
    """
    begun = time.monotonic()
    struck = options.folder / "strikes"
    if is_held(options.folder / "stack"):
        raise AlreadyRunning(f"Another run goes on in {options.folder}; give this one another folder.")
    shutil.rmtree(struck, ignore_errors=True)
    struck.mkdir(parents=True)
    with (
        StorageProxy(options.seed, STORAGE_FAULT_RATE) as proxy,
        _running_provider(options, proxy) as provider,
    ):
        stack = _new_stack(options, proxy, provider, struck)
        with stack:
            proxy.upstream = stack.processes["storage"].port
            facts = _live_through(options, stack, StrikeRecord(struck), provider, say)
        facts = replace(
            facts,
            leftovers=replace(
                facts.leftovers,
                files_at_end=_names(stack.folder.temporary),
                processes=collecting.processes_of(struck, stack),
            ),
            storage=Counter({fate.value: count for fate, count in proxy.counts.items()}),
            deliveries=collecting.delivery_faults(stack.folder.logs),
            wall_seconds=time.monotonic() - begun,
        )
        return facts, provider.ledger()


def _running_provider(options: Options, proxy: StorageProxy) -> AbstractContextManager[Provider]:
    """Run whoever is paid; what an earlier run has left of its account is removed."""
    for left in options.folder.glob("provider*"):
        left.unlink()
    run_it = running_provider if options.model == "scripted" else running_stand_in
    return run_it(
        proxy.url,
        options.folder / "provider.jsonl",
        seed=options.seed,
        rates=PROVIDER_RATES,
        seconds_per_clip=SECONDS_PER_CLIP,
        key=PROVIDER_KEY if options.model == "scripted" else None,
    )


def _reached(options: Options, provider: Provider) -> dict[str, str]:
    """Return what tells the functions how to reach whoever is paid."""
    if options.model == "scripted":
        return {"TTV_SCRIPTED_URL": provider.url, "TTV_SCRIPTED_KEY": PROVIDER_KEY}
    return {"TTV_GOOGLE_STAND_IN": provider.url}


def _new_stack(options: Options, proxy: StorageProxy, provider: Provider, struck: Path) -> LocalStack:
    return LocalStack(
        options.folder / "stack",
        project="demo-chaos",
        function_environment={
            "TTV_LEASE_SECONDS": str(LEASE_SECONDS),
            "TTV_MAX_RUNNING_VIDEOS": "10000",
            "TTV_CREATIONS_PER_MINUTE": "10000",
            "TTV_REQUESTS_PER_MINUTE": "100000",
            "TTV_JOB_TIME_LIMIT_SECONDS": "3600",
            "TTV_VIDEO_BACKENDS": f"animatic,{options.model}",
            **_reached(options, provider),
            saboteur.HURRIED: options.model,
            "STORAGE_EMULATOR_HOST": proxy.url,
            saboteur.SEED: str(options.seed),
            saboteur.RATE: str(STRIKE_RATE),
            saboteur.FOLDER: str(struck),
        },
        sweep_seconds=SWEEP_SECONDS,
        task_faults=TaskFaults(TASK_FAULTS, options.seed),
        function_runner=(saboteur.__file__,),
    )


def _live_through(
    options: Options, stack: LocalStack, record: StrikeRecord, provider: Provider, say: Say
) -> RunFacts:
    """Let clients and chaos loose, and return once all is calm again."""
    store = job_store(stack.environment)
    # Not by the edge: what submit itself does when it is struck is what clients are to be told.
    wanted = orders(options.seed, options.jobs, model=options.model)
    crowd = Crowd(stack.submit_url, create_api_key(store, "chaos"), wanted)
    outside = Outside(stack, record, seed=options.seed)
    aftermath = Aftermath(
        stack, store, record, seed=options.seed, lease_seconds=LEASE_SECONDS, cancel=crowd.cancel
    )
    with crowd.at_work(), aftermath.seen_to(), outside.at_work():
        freezes = [options.jobs * share // 100 for share in FREEZE_AT_PERCENT]
        for _ in _until_stuck(stack, crowd, options.jobs * CALM_AT_PERCENT // 100):
            say(f"{crowd.done} of {options.jobs} jobs, {len(record.read())} strikes")
            if freezes and crowd.done >= freezes[0]:
                freezes.pop(0)
                outside.freeze_firestore()
        outside.stop()
        record.calm_down()
        for _ in _until_stuck(stack, crowd, options.jobs):
            say(f"{crowd.done} of {options.jobs} jobs, calm")
    say("waiting for paid calls to be settled")
    accepted = [told for told in crowd.tolds if told.video_id]
    _await_settlement(store, [told.video_id for told in accepted])
    still_reserved = _reserved_in_the_end(stack.environment)
    crowd.look_once_more()
    strikes = record.read()
    jobs = collecting.job_facts(store, stack.environment, provider.ledger(), accepted)
    return RunFacts(
        seed=options.seed,
        jobs=jobs,
        unaccepted=[told for told in crowd.tolds if not told.video_id],
        job_ids=collecting.job_ids(stack.environment),
        still_reserved=still_reserved,
        strikes=strikes,
        passages=collecting.passages(record),
        clocks=collecting.clocks(record),
        freezes=outside.freezes,
        leftovers=Leftovers(files=_files_after_work(stack.folder.temporary)),
        recoveries=collecting.recoveries(strikes, jobs),
        second_workers=aftermath.second_workers,
        cancelled_asleep=aftermath.cancels,
    )


def _until_stuck(stack: LocalStack, crowd: Crowd, jobs: int) -> Iterator[None]:
    """Go on until so many jobs are over, or none has ended for so long that none will.

    Raises:
        PartFailed: an emulator has died.
    """
    done, since = crowd.done, time.monotonic()
    while crowd.done < jobs and time.monotonic() - since < PATIENCE_SECONDS:
        yield
        stack.wait(SAYS_EVERY_SECONDS)
        if crowd.done > done:
            done, since = crowd.done, time.monotonic()


def _await_settlement(store: JobStore, ids: Sequence[str]) -> None:
    """Return once no final job has a paid call left open, or in the end all the same."""
    give_up_at = time.monotonic() + SETTLING_SECONDS
    for job_id in ids:
        while store.load(job_id).state.job.unsettled and time.monotonic() < give_up_at:
            time.sleep(SAYS_EVERY_SECONDS)


def _reserved_in_the_end(environment: Mapping[str, str]) -> int:
    """Return what is held to be reserved once the sweep has had its time to count anew."""
    give_up_at = time.monotonic() + RECOUNTING_SECONDS
    while (held := collecting.reserved(environment)) and time.monotonic() < give_up_at:
        time.sleep(SAYS_EVERY_SECONDS)
    return held


def _files_after_work(folder: Path) -> list[str]:
    """Return what is left in a folder once nothing more is removed from it."""
    give_up_at = time.monotonic() + STOPPING_SECONDS
    names = _names(folder)
    while names and time.monotonic() < give_up_at:
        time.sleep(SAYS_EVERY_SECONDS * 4)
        before, names = names, _names(folder)
        if before == names:
            break
    return names


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
