"""The deployment's own program runs to its end, as `up` and as preview, and asks for what the SDK knows."""

import pytest

from tests.infra import sdk_types
from tests.infra.foresight import surprises
from tests.infra.inventory import RENEW, difference
from tests.infra.policies.policy import holds_secret
from tests.infra.program import STACKS, ProgramFailed, Run
from tests.infra.recordings import Recordings
from tests.infra.runs import COMMITTED, PREVIEWS, UPS, WITH_EACH_GPU
from tests.infra.wire import without_secrets


@pytest.mark.parametrize("run", [*UPS, *PREVIEWS], ids=str)
def test_all_inputs_are_what_the_sdk_documents(run: Run, recordings: Recordings) -> None:
    problems = [
        f"{resource}: {problem}"
        for resource in recordings.of(run).resources
        for problem in sdk_types.problems(resource)
    ]

    assert problems == []


@pytest.mark.parametrize("run", [*UPS, *PREVIEWS], ids=str)
def test_nothing_is_deprecated(run: Run, recordings: Recordings) -> None:
    assert recordings.of(run).warnings == ()


@pytest.mark.parametrize(("run", "preview"), list(zip(COMMITTED, PREVIEWS, strict=True)), ids=str)
def test_a_preview_shows_what_will_be_made(run: Run, preview: Run, recordings: Recordings) -> None:
    """Code that makes something only once a value is known would hide it from whoever approves."""
    assert list(surprises(recordings.of(preview), recordings.of(run))) == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_inventory_is_as_reviewed(stack: str, recordings: Recordings) -> None:
    assert not (changes := difference(recordings.of(Run(stack)))), (
        f"{changes}\nIf this is meant, `{RENEW}` writes the inventory anew; review it with the change."
    )


@pytest.mark.parametrize("run", WITH_EACH_GPU, ids=str)
def test_a_gpu_is_there_only_where_it_was_asked_for(run: Run, recordings: Recordings) -> None:
    names = {str(one.at("name")) for one in recordings.of(run).of_type("gcp:cloudrunv2/service:Service")}

    assert ("ttv-render-gpu" in names) == (run.told["gpu"] != "none")


def test_the_same_program_records_the_same_twice(recordings: Recordings) -> None:
    """Nothing in it is made by chance or by the clock: a second `pulumi up` changes nothing."""
    assert list(surprises(recordings.of(Run("dev")), Run("dev").record())) == []


def test_a_secret_of_the_stack_is_nowhere_written_out() -> None:
    secret = "a-key-of-the-gemini-api"
    told = {"geminiApi": True, "planners": ["rules", "gemini"]}
    recording = Run("dev", told=told, secrets={"ttv:googleApiKey": secret}).record()

    assert any(holds_secret(resource.inputs) for resource in recording.resources)
    for tree in (recording.exports, *(resource.inputs for resource in recording.resources)):
        assert secret not in repr(without_secrets(tree))


def test_a_key_that_nobody_reads_is_refused() -> None:
    with pytest.raises(ProgramFailed, match="gpus"):
        Run("dev", told={"gpus": "l4"}).record()


def test_a_gpu_that_the_region_does_not_have_is_refused_with_what_is_permitted() -> None:
    with pytest.raises(ProgramFailed, match="rtx-pro-6000 is not to be had in us-east4; permitted: asia"):
        Run("dev", told={"gpu": "rtx-pro-6000"}, cloud={"gcp:region": "us-east4"}).record()
