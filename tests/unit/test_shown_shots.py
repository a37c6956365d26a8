"""What the API tells of a video's shots: judgement, cache, what was taken over, and every charge."""

from functions.submit.creation import new_job
from functions.submit.representation import shots, video
from functions.submit.schemas import ShotCharge, VideoShots
from infra.cli.video_report import shots_of, summary
from shared.domain.capabilities import EVERYTHING
from shared.domain.job import Charge, JobState, Judgement, Progress, Reused, Shot, StageWork
from tests.unit.jobs import NOW, drawn_job
from tests.unit.test_job_report import printed


def shown(**of_first: object) -> VideoShots:
    state = drawn_job()
    return shots(state.evolve(shots=(state.shots[0].evolve(**of_first), *state.shots[1:])))


def test_a_judgement_is_told_with_its_reason_and_is_null_where_nobody_looked() -> None:
    first, second, *_ = shown(judgement=Judgement(score=0.4, reason="the coat is blue")).data
    assert first.judgement is not None
    assert first.judgement.model_dump() == {"score": 0.4, "reason": "the coat is blue"}
    assert second.judgement is None


def test_a_keyframe_from_the_cache_is_told_apart_from_one_that_was_drawn() -> None:
    assert [shot.from_cache for shot in shown(from_cache=True).data] == [True, False, False]


def test_it_is_told_what_a_shot_takes_over_from_another_video() -> None:
    assert [shot.reused for shot in shown().data] == [[], [], []]
    assert shown(reused=Reused(keyframe="a", end_keyframe="b")).data[0].reused == ["keyframe"]
    assert shown(reused=Reused(keyframe="a", clip="c")).data[0].reused == ["keyframe", "clip"]
    assert shown(reused=Reused(clip="c")).data[0].reused == ["clip"]


def charged() -> JobState:
    state = drawn_job()
    plan = Charge(usd_micros=10_000, reason="plan", model="gemini")
    keyframe = Charge(usd_micros=67_000, reason="keyframe", model="nano_banana")
    return state.evolve(
        keyframes=StageWork(charges=(plan,)),
        shots=(state.shots[0].evolve(charges=(keyframe,)), *state.shots[1:]),
        progress=state.progress.evolve(spent_usd_micros=77_000),
    )


def test_charges_of_the_whole_video_and_of_each_shot_add_up_to_what_is_spent() -> None:
    told = shots(charged())
    assert told.charges == [ShotCharge(usd=0.01, reason="plan", model="gemini", ambiguous=False)]
    each = [*told.charges, *(charge for shot in told.data for charge in shot.charges)]
    assert round(sum(charge.usd for charge in each) * 10**6) == charged().progress.spent_usd_micros


def test_the_command_line_shows_what_is_remarkable_about_a_shot() -> None:
    told = shown(
        judgement=Judgement(score=0.4, reason="the coat is blue"), from_cache=True, reused=Reused(clip="c")
    )
    text = printed(shots_of([each.model_dump(mode="json") for each in told.data]))
    assert "drawn, judged 0.40, keyframe drawn before, taken over: clip" in text
    money = printed(shots_of([each.model_dump(mode="json") for each in shots(charged()).data]))
    assert "0.067" in money


def test_what_an_older_revision_stored_of_a_shot_is_still_shown() -> None:
    stored = Shot.model_validate(
        drawn_job().shots[0].model_dump(exclude={"judgement", "from_cache", "charges"})
    )
    (told, *_) = shots(drawn_job().evolve(shots=(stored,))).data
    assert (told.judgement, told.from_cache, told.charges) == (None, False, [])


def test_the_command_line_tells_what_a_user_has_set_from_what_the_service_has() -> None:
    at = {"model": "omni", "planner": "gemini"}
    body = {"prompt": "A fox.", "judge_keyframes": False, "style": "ink wash"}
    job = new_job(body, owner="o", trace_id="", offered=EVERYTHING, defaults=at).job
    text = printed(summary(video(job, Progress(), now=NOW, offered=EVERYTHING).model_dump(mode="json")))
    rows = " ".join(text.split())
    assert "asked for │ judge_keyframes: false, style: ink wash │" in rows
    assert "set here │ model: omni, planner: gemini │" in rows
