"""Whether a plan that a model wrote fits what was asked, in sentences that the model can mend it by. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.gemini_answers import WrittenPlan, WrittenShot, WrittenWording
from functions.keyframes.planners.gemini_wording import plan_of
from functions.keyframes.planners.sentences import finish
from shared.domain.capabilities import KeyframeMode
from shared.domain.durations import in_words, possible_shot_counts
from shared.domain.errors import PlanImpossible, shorten
from shared.domain.keyframes import MAX_SHEETS
from shared.domain.model import Record
from shared.domain.plan import Wording

LIMITS: Mapping[str, int] = {
    "title": 120,
    "style": 300,
    "name": 60,
    "description": 300,
    "camera": 300,
    "prompt": 1500,
    "keyframe_prompt": 1500,
    "end_keyframe_prompt": 1500,
    "dialogue": 400,
    "caption": 120,
}
"""Most characters of each field. They are sent along."""

NEEDED = frozenset({"title", "name", "description", "prompt", "keyframe_prompt", "caption"})
"""Fields that must say something."""

MAX_CHARACTERS = MAX_SHEETS
"""Of one plan: as many as have a sheet."""

MAX_REWORDED_CHARACTERS = 1000
"""Of one reworded prompt, unless the refused one was longer."""


def check_possible(request: PlanRequest) -> tuple[int, ...]:
    """Return the numbers of shots that a plan may have, before any is paid for.

    Raises:
        PlanImpossible: no division fits, or the prompt has nothing to show.
    """
    if not request.shots and not finish(request.prompt):
        raise PlanImpossible("the prompt has nothing that can be shown")
    counts = possible_shot_counts(request.seconds, request.clip_seconds, request.max_shots)
    if request.shots:
        counts = tuple(count for count in counts if count == len(request.shots))
    given = tuple(shot.seconds for shot in request.shots if shot.seconds)
    lengths_fit = sum(given) == request.seconds and {*given} <= {*request.clip_seconds}
    if not counts or (given and not (lengths_fit and len(given) == len(request.shots))):
        shots = len(request.shots) or f"up to {request.max_shots}"
        lengths = f" of {', '.join(map(str, given))} seconds" if given else ""
        raise PlanImpossible(
            f"{shots} shots{lengths} are not {request.seconds} seconds"
            f" in clips of {in_words(request.clip_seconds)} seconds each"
        )
    return counts


def faults_of(written: WrittenPlan, request: PlanRequest) -> tuple[str, ...]:
    """Tell why a plan does not fit what was asked; nothing where it does."""
    faults = (*_in_texts(written), *_in_characters(written), *_in_division(written, request))
    return faults or tuple(_in_prompts(written, request))


def faults_of_rewording(written: WrittenWording, words: Wording) -> tuple[str, ...]:
    """Tell why other words cannot stand for those of a shot; nothing where they can."""
    faults = []
    for field, refused in words:
        text = getattr(written, field)
        longest = max(len(refused), MAX_REWORDED_CHARACTERS)
        if bool(text) != bool(refused):
            faults.append(f"{field} must {'say something' if refused else 'be empty'}")
        if len(text) > longest:
            faults.append(f"{field} has {len(text)} characters; at most {longest}")
    return tuple(faults)


def _in_texts(written: WrittenPlan) -> Iterator[str]:
    named: list[tuple[str, Record]] = [("the plan", written)]
    named += [(f"character {number}", each) for number, each in enumerate(written.characters, 1)]
    named += [(f"shot {number}", each) for number, each in enumerate(written.shots, 1)]
    for where, part in named:
        for field, value in part:
            if not isinstance(value, str):
                continue
            if field in NEEDED and not finish(value):
                yield f"{field} of {where} is empty"
            if len(value) > LIMITS[field]:
                yield f"{field} of {where} has {len(value)} characters; at most {LIMITS[field]}"


def _in_characters(written: WrittenPlan) -> Iterator[str]:
    if len(written.characters) > MAX_CHARACTERS:
        yield f"there are {len(written.characters)} characters; at most {MAX_CHARACTERS}"
    counted = Counter(each.name.casefold() for each in written.characters)
    yield from (f"two characters are called {shorten(name)}" for name, n in counted.items() if n > 1)
    known = {each.name for each in written.characters}
    for number, shot in enumerate(written.shots, 1):
        if len({*shot.characters}) < len(shot.characters):
            yield f"shot {number} names a character twice"
        for name in sorted({*shot.characters} - known):
            yield f"shot {number} shows {shorten(name)}, which is no name in the list of characters"


def _in_division(written: WrittenPlan, request: PlanRequest) -> Iterator[str]:
    shots = written.shots
    counts = check_possible(request)
    if len(shots) not in counts:
        yield f"there are {len(shots)} shots; permitted: {in_words(counts)}"
        return
    if [shot.number for shot in shots] != list(range(1, len(shots) + 1)):
        yield f"the shots are not numbered 1 to {len(shots)} in the order of the story"
    for number, shot in enumerate(shots, 1):
        if shot.seconds not in request.clip_seconds:
            yield f"shot {number} has {shot.seconds} seconds; permitted: {in_words(request.clip_seconds)}"
    for number, (shot, given) in enumerate(zip(shots, request.shots, strict=False), 1):
        if given.seconds and shot.seconds != given.seconds:
            yield f"shot {number} has {shot.seconds} seconds; its user wants {given.seconds}"
    total = sum(shot.seconds for shot in shots)
    if total != request.seconds:
        yield f"the shots' seconds add up to {total}; they must add up to {request.seconds}"
    if request.keyframes is KeyframeMode.PAIR and not _says_end(shots[-1]):
        yield "end_keyframe_prompt of the last shot is empty"


def _in_prompts(written: WrittenPlan, request: PlanRequest) -> Iterator[str]:
    for number, shot in enumerate(plan_of(written, request).shots, 1):
        if len(shot.prompt) > request.prompt_characters:
            yield (
                f"prompt, camera and dialogue of shot {number}, its characters' descriptions and the style"
                f" come to {len(shot.prompt)} characters; at most {request.prompt_characters}"
            )


def _says_end(shot: WrittenShot) -> bool:
    return bool(finish(shot.end_keyframe_prompt))
