"""What finalize stores and commits, with a video and without one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from shutil import copyfile
from typing import Any, cast

import pytest
from PIL import Image
from structlog.testing import capture_logs

from functions.finalize.work import finalize_video
from shared.assignment import Assignment
from shared.domain.errors import MediaMissing
from shared.domain.generation import Transition
from shared.domain.job import Artifact, JobState, Status
from shared.job_store import Step
from shared.probe import probe
from tests.unit.jobs import FINALIZE, NOW, claimed, drawn_job
from tests.unit.numbered_clips import write_clip
from tests.unit.sounding_clips import (
    Samples,
    loudness_of,
    sound_of,
    sounding_clip,
    tone,
    with_damaged_sound,
)


class FakeAssignment:
    """Holds the right to finalize a job whose objects are files of a folder; keeps what is stored."""

    token = "mine"

    def __init__(self, state: JobState, folder: Path) -> None:
        self.state = state
        self.job_id = state.job.job_id
        self.services = self.objects = self
        self.stored: dict[str, bytes] = {}
        self.filenames: dict[str, str] = {}
        self.fetched: list[tuple[str, str]] = []
        self._folder = folder

    def check(self) -> None:
        """Let the work go on."""

    @contextmanager
    def generating(self, what: str) -> Iterator[None]:
        yield

    def fetch(self, path: str, into: Path, *, shot: int | None, crc32c: str = "") -> str:
        self.fetched.append((path, crc32c))
        copyfile(self._folder / path, into)
        return crc32c

    def put(self, path: str, data: bytes, content_type: str, *, filename: str) -> None:
        self.stored[path], self.filenames[path] = data, filename

    def upload(self, path: str, source: Path, content_type: str, *, filename: str) -> None:
        self.stored[path], self.filenames[path] = source.read_bytes(), filename

    def commit(self, step: Step) -> None:
        self.state = step(self.state, NOW)


def finalized(state: JobState, folder: Path) -> tuple[FakeAssignment, Artifact]:
    assignment = FakeAssignment(claimed(state, FINALIZE), folder)
    finalize_video(cast("Assignment", assignment))
    assert assignment.state.job.status is Status.COMPLETED
    artifact = assignment.state.job.artifact
    assert artifact is not None
    return assignment, artifact


def with_media(state: JobState, folder: Path, *, clips: bool) -> JobState:
    """Store a keyframe for every one that is recorded, and a clip for every shot."""
    for number in range(len(state.shots) + 1):
        Image.new("RGB", (1280, 720), (60 * number, 90, 120)).save(folder / f"{number}.png")
    if not clips:
        return state
    shots = []
    for shot in state.shots:
        write_clip(folder / f"{shot.index}.mp4", shot.index, 24 * shot.seconds)
        shots.append(shot.evolve(clip=f"{shot.index}.mp4", clip_crc32c=f"c{shot.index}"))
    progress = state.progress.evolve(clips_rendered=len(shots))
    return state.evolve(shots=tuple(shots), progress=progress)


def drawn(**wishes: Any) -> JobState:  # noqa: ANN401 - as a request has them
    """Every keyframe that comes before the clips is drawn, and the keyframes stage has ended."""
    state = drawn_job(**wishes)
    return state.evolve(keyframes=state.keyframes.evolve(done=True))


@pytest.mark.parametrize("mode", ["single", "pair"])
def test_one_that_stops_after_its_keyframes_has_stills_and_no_video(tmp_path: Path, mode: str) -> None:
    state = drawn(keyframes=mode, stop_after="keyframes")
    assignment, artifact = finalized(with_media(state, tmp_path, clips=False), tmp_path)
    assert (artifact.video, artifact.duration_seconds, artifact.size_bytes) == ("", 0.0, 0)
    assert assignment.stored.keys() == {artifact.thumbnail, artifact.storyboard_sheet}
    keyframes = 4 if mode == "pair" else 3
    assert assignment.fetched == [(f"{number}.png", f"k{number}") for number in range(keyframes)]
    assert opened(assignment.stored[artifact.thumbnail]).size == (640, 360)
    assert opened(assignment.stored[artifact.storyboard_sheet]).width == 1600


@pytest.mark.parametrize(
    ("mode", "keyframes", "transition"),
    [
        *(("single", 3, transition) for transition in Transition),
        ("pair", 4, "cut"),
        ("chain", 1, "cut"),
        *(("none", 0, transition) for transition in Transition),
    ],
)
def test_video_comes_with_its_stills_in_every_mode(
    tmp_path: Path, mode: str, keyframes: int, transition: str
) -> None:
    state = drawn(keyframes=mode, transition=transition)
    assignment, artifact = finalized(with_media(state, tmp_path, clips=True), tmp_path)
    (tmp_path / "video.mp4").write_bytes(assignment.stored[artifact.video])
    facts = probe(tmp_path / "video.mp4")
    assert facts.duration_seconds == artifact.duration_seconds == 12
    assert artifact.size_bytes == len(assignment.stored[artifact.video])
    wanted = [(f"{number}.mp4", f"c{number}") for number in range(3)]
    assert assignment.fetched == wanted + [(f"{number}.png", f"k{number}") for number in range(keyframes)]
    assert opened(assignment.stored[artifact.storyboard_sheet]).width == 1600
    assert opened(assignment.stored[artifact.thumbnail]).size == (128, 72)
    job_id = state.job.job_id
    files = {artifact.video: "mp4", artifact.thumbnail: "jpg", artifact.storyboard_sheet: "png"}
    assert assignment.filenames == {path: f"{job_id}.{ending}" for path, ending in files.items()}


def with_sound(state: JobState, folder: Path, *sounds: Samples | None) -> JobState:
    state = with_media(state, folder, clips=True)
    for shot, sound in zip(state.shots, sounds, strict=True):
        sounding_clip(folder / f"{shot.index}.mp4", 24 * shot.seconds, sound, size=(128, 72))
    return state


def joined_log(logs: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(entry for entry in logs if entry["event"] == "video.joined")


def test_clips_sound_is_heard_in_the_video_and_told_in_the_log(tmp_path: Path) -> None:
    state = with_sound(drawn(), tmp_path, tone(4, -26), None, tone(4, -26))
    with capture_logs() as logs:
        assignment, artifact = finalized(state, tmp_path)
    (tmp_path / "video.mp4").write_bytes(assignment.stored[artifact.video])
    assert loudness_of(sound_of(tmp_path / "video.mp4"))[0] == pytest.approx(-16, abs=0.5)
    told = joined_log(logs)
    assert (told["sounding"], told["silenced"], told["limited"]) == ((0, 2), (), False)
    assert (told["lufs"], told["gain_db"]) == (pytest.approx(-26, abs=0.3), pytest.approx(10, abs=0.3))


def test_nothing_is_heard_in_a_video_that_was_to_be_silent(tmp_path: Path) -> None:
    state = with_sound(drawn(), tmp_path, tone(4, -20), None, None)
    config = state.job.config.evolve(audio=False)
    with capture_logs() as logs:
        assignment, artifact = finalized(state.evolve(job=state.job.evolve(config=config)), tmp_path)
    (tmp_path / "video.mp4").write_bytes(assignment.stored[artifact.video])
    assert not probe(tmp_path / "video.mp4").has_audio
    assert (joined_log(logs)["silenced"], joined_log(logs)["lufs"]) == ((0,), None)


def test_sound_that_cannot_be_read_costs_neither_the_video_nor_the_other_sound(tmp_path: Path) -> None:
    state = with_sound(drawn(), tmp_path, tone(4, -20), tone(4, -20), None)
    with_damaged_sound(tmp_path / "1.mp4", 20)
    with capture_logs() as logs:
        finalized(state, tmp_path)
    (unreadable,) = [entry for entry in logs if entry["event"] == "sound.unreadable"]
    assert (unreadable["shot"], unreadable["log_level"]) == (1, "warning")
    assert joined_log(logs)["sounding"] == (0,)


def test_shot_without_a_clip_is_named(tmp_path: Path) -> None:
    state = with_media(drawn(), tmp_path, clips=True)
    lacking = state.evolve(shots=(*state.shots[:2], state.shots[2].evolve(clip=None)))
    with pytest.raises(MediaMissing) as caught:
        finalized(lacking, tmp_path)
    assert caught.value.shot == 2


def opened(encoded: bytes) -> Image.Image:
    return Image.open(BytesIO(encoded))
