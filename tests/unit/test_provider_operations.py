"""The scripted provider's operations: every step from every state, and what each leaves to pay."""

from collections.abc import Callable

import pytest

from infra.local.stand_ins.operations import HasEnded, Operation, State
from tests.provider.operations import describe

RUNNING = Operation("operations/1", "gs://bucket/clips/")
STEPS: dict[State, Callable[[Operation], Operation]] = {
    State.DELIVERED: Operation.deliver,
    State.REFUSED: lambda operation: operation.fail("CONTENT_BLOCKED", "blocked", billed=False),
    State.FAILED: lambda operation: operation.fail("INTERNAL", "broken", billed=False),
    State.CANCELLED: Operation.cancel,
}


@pytest.mark.parametrize("state", STEPS)
def test_a_running_operation_ends_in_every_way(state: State) -> None:
    ended = STEPS[state](RUNNING)

    assert ended.state is state
    assert ended.billed is (state is State.DELIVERED)
    assert describe(ended)["done"] is True


@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("then", [State.DELIVERED, State.REFUSED, State.FAILED])
def test_an_operation_that_has_ended_ends_no_other_way(state: State, then: State) -> None:
    ended = STEPS[state](RUNNING)

    with pytest.raises(HasEnded):
        STEPS[then](ended)


@pytest.mark.parametrize("state", STEPS)
def test_cancelling_an_operation_that_has_ended_changes_nothing(state: State) -> None:
    ended = STEPS[state](RUNNING)

    assert ended.cancel() == ended


def test_an_end_without_a_clip_may_be_billed() -> None:
    assert describe(RUNNING.fail("INTERNAL", "broken", billed=True)) == {
        "name": "operations/1",
        "done": True,
        "error": {"status": "INTERNAL", "message": "broken"},
        "billed": True,
    }
