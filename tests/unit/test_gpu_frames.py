"""Which frames are asked of an open-weight model, and which of them a clip shows."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.diffusers.frames import Timeline, plan_frames
from functions.render.video_backends.diffusers.presets import LTX, PRESETS, WAN_14B, FrameRule
from shared.domain.capabilities import FRAME_RATES, KeyframePosition
from shared.domain.errors import BackendFailed

FIRST, MIDDLE, LAST = KeyframePosition.FIRST, KeyframePosition.MIDDLE, KeyframePosition.LAST
RULES = [preset.frames for preset in PRESETS.values()]


def asked(seconds: int, fps: int, *, follows_on: bool = False, leads_on: bool = False) -> ClipRequest:
    return ClipRequest(
        prompt="a boat",
        seconds=seconds,
        width=64,
        height=48,
        fps=fps,
        seed=1,
        follows_on=follows_on,
        leads_on=leads_on,
    )


@given(
    rule=st.sampled_from(RULES),
    seconds=st.integers(1, 10),
    fps=st.sampled_from(FRAME_RATES),
    follows_on=st.booleans(),
    leads_on=st.booleans(),
    places=st.sampled_from([(), (FIRST,), (MIDDLE,), (LAST,), (FIRST, LAST)]),
)
def test_every_frame_shown_is_rendered_and_the_model_s_rule_is_kept(
    rule: FrameRule,
    seconds: int,
    fps: int,
    follows_on: bool,
    leads_on: bool,
    places: tuple[KeyframePosition, ...],
) -> None:
    request = asked(seconds, fps, follows_on=follows_on, leads_on=leads_on)
    try:
        timeline = plan_frames(request, rule, places)
    except BackendFailed:
        assert seconds * min(rule.fps) > rule.most - rule.multiple
        return
    assert timeline.shown == seconds * fps
    assert timeline.rendered % rule.multiple == 1
    assert timeline.rendered <= rule.most
    assert timeline.place(0) >= 0
    assert timeline.place(timeline.shown - 1) <= timeline.rendered - 1
    for place in places:
        assert 0 <= timeline.frame_of(place) < timeline.rendered
    if rule.last_stands_at_end and LAST in places:
        assert timeline.frame_of(LAST) == timeline.rendered - 1


@pytest.mark.parametrize("name", PRESETS)
def test_every_length_that_a_preset_offers_can_be_rendered_at_every_rate(name: str) -> None:
    preset = PRESETS[name]
    for seconds in preset.offers.clip_seconds:
        for fps in preset.offers.fps:
            chained = plan_frames(asked(seconds, fps, follows_on=True), preset.frames, (FIRST,))
            paired = plan_frames(asked(seconds, fps, leads_on=True), preset.frames, (FIRST, LAST))
            assert chained.shown == paired.shown == seconds * fps


def test_where_the_model_knows_the_rate_every_frame_is_shown_as_it_was_rendered() -> None:
    timeline = plan_frames(asked(2, 25), LTX.frames, (FIRST,))
    assert timeline == Timeline(57, 25, 50, Fraction(1), 0, 0)


def test_ten_seconds_at_thirty_are_rendered_at_twenty_five_and_resampled() -> None:
    timeline = plan_frames(asked(10, 30), LTX.frames, (FIRST,))
    assert (timeline.rendered, timeline.fps, timeline.shown) == (257, 25, 300)
    assert timeline.place(6) == 5


def test_a_slow_model_is_resampled_to_the_rate_asked_for() -> None:
    timeline = plan_frames(asked(5, 24), WAN_14B.frames, (FIRST,))
    assert (timeline.rendered, timeline.fps) == (81, 16)
    assert [timeline.place(frame) for frame in range(4)] == [0, Fraction(2, 3), Fraction(4, 3), 2]


def test_a_keyframe_that_was_shown_already_is_not_shown_again() -> None:
    timeline = plan_frames(asked(2, 24, follows_on=True), LTX.frames, (FIRST,))
    assert timeline.frame_of(FIRST) == 0
    assert timeline.place(0) == 1


def test_a_keyframe_that_the_next_clip_begins_with_stands_one_frame_after_the_end() -> None:
    timeline = plan_frames(asked(2, 24, leads_on=True), LTX.frames, (FIRST, LAST))
    assert timeline.rendered == 49
    assert timeline.frame_of(LAST) == 48
    assert timeline.place(47) == 47


def test_keyframes_stand_where_they_were_asked_for() -> None:
    timeline = plan_frames(asked(2, 24), LTX.frames, ())
    assert [timeline.frame_of(place) for place in (FIRST, MIDDLE, LAST)] == [0, 24, 47]


def test_a_last_keyframe_that_only_the_last_frame_can_be_is_reached_by_a_change_of_pace() -> None:
    timeline = plan_frames(asked(2, 24), WAN_14B.frames, (FIRST, LAST))
    assert timeline.rendered == 33
    assert timeline.place(47) == 32
    assert timeline.step == Fraction(32, 47)
