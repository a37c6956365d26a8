"""Paid videos, and what the provider's ledger says of them."""

from infra.local.stack import LocalStack
from infra.local.stand_ins.ledger import Ledger
from shared.domain.job import JobState, Shot
from shared.job_store import ALL
from tests.integration.service import Api
from tests.provider.running import RunningProvider

ONE_SHOT: dict[str, object] = {"prompt": "Mara walks along the harbour.", "seconds": 4, "model": "scripted"}
PRICE_USD = 0.4
"""Of four seconds."""


def ledger_of(provider: RunningProvider, stack: LocalStack, video_id: str) -> Ledger:
    return provider.ledger().under(f"gs://{stack.environment['TTV_BUCKET']}/jobs/{video_id}/")


def first_shot(api: Api, video_id: str) -> Shot:
    return state(api, video_id).shots[0]


def state(api: Api, video_id: str) -> JobState:
    return api.store.load(video_id, shots=ALL).state


def event_names(api: Api, video_id: str) -> list[str]:
    return [event["name"] for event in api.store.events(video_id)]


def assert_paid_once(provider: RunningProvider, stack: LocalStack, api: Api, video_id: str) -> None:
    paid = ledger_of(provider, stack, video_id).paid_outputs()
    shots = len(state(api, video_id).shots)
    assert (len(paid), set(paid.values())) == (shots, {1})
