"""What a provider's model is told of a clip: all of it, and never more than it takes."""

import pytest

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.wording import check_prompt, worded
from shared.domain.capabilities import EVERYTHING, VIDEO_BACKENDS
from shared.domain.errors import BackendFailed
from shared.domain.generation import build_effective_config

WISHES = {"style": "ink " * 50, "negative_prompt": "rain " * 100}


def clip(prompt: str) -> ClipRequest:
    return ClipRequest(prompt=prompt, seconds=4, width=1280, height=720, fps=24, seed=1, **WISHES)


@pytest.mark.parametrize("model", ["omni", "veo"])
def test_the_longest_prompt_of_a_plan_leaves_room_for_what_every_clip_is_told_beside_it(model: str) -> None:
    config = build_effective_config(http={"model": model, **WISHES}, offered=EVERYTHING).config
    longest = clip("p" * config.prompt_characters)
    check_prompt(longest, VIDEO_BACKENDS[model])
    with pytest.raises(BackendFailed, match="permitted are 4000"):
        check_prompt(clip("p" * 4000), VIDEO_BACKENDS[model])


def test_what_a_prompt_says_by_itself_is_not_said_twice() -> None:
    said = worded(clip(f"Mara waits. {WISHES['style']}"), says_what_is_unwanted=True)
    assert said.count(WISHES["style"]) == 1
    assert said.count(WISHES["negative_prompt"]) == 1
