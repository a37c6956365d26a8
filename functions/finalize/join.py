"""Joins clips into one video, without encoding them again where they agree.

It knows files, not jobs or storage.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from functions.finalize.encode import Tick, encode, encode_file, follows
from functions.finalize.hearing import Block
from functions.finalize.loudness import Levelling, Loudness, levelled, levelling, measure
from functions.finalize.normalise import Footage
from functions.finalize.reel import Reel
from functions.finalize.seams import Edit
from functions.finalize.soundtrack import Soundtrack
from functions.finalize.splice import Gap, Stretch, copy, divide, fill
from shared.domain.errors import MediaCorrupt
from shared.domain.generation import Transition
from shared.domain.model import Record
from shared.probe import MediaFacts, probe

COPIED_CODECS = ("h264", "hevc", "av1")
"""What players expect in an MP4."""

MP4_TAGS = frozenset(
    (
        *("title", "artist", "album_artist", "composer", "album", "date", "comment", "genre", "copyright"),
        *("grouping", "lyrics", "description", "synopsis", "show", "network", "keywords"),
    )
)
"""Metadata that has a place of its own in an MP4, where every player finds it. One other key among them and
all are written the other way there is, which keeps any key but fewer players read.
Source: `mov_write_ilst_tag` and `use_metadata_tags` in FFmpeg's libavformat/movenc.c."""


class SoundFacts(Record):
    """What the video sounds like."""

    shots: tuple[int, ...]
    """Those whose clips had sound; the others are silent."""
    measured: Loudness
    """Of the clips, joined, before anything was done to them."""
    levelling: Levelling


class JoinFacts(Record):
    """What was joined, for the log."""

    frames: int
    fps: Fraction
    encoded: int
    """How many of the frames were encoded; the packets of the others were copied."""
    normalised: str | None
    """Why no packet could be copied; None where some were, or a transition left none."""
    sound: SoundFacts | None
    """None where the video has no sound."""
    silenced: tuple[int, ...]
    """Shots whose clips had sound that was not wanted."""
    unreadable: Mapping[int, str]
    """Shots whose clips had sound that could not be read, and why; they are silent."""


def join(
    clips: Sequence[Path],
    into: Path,
    metadata: Mapping[str, str],
    tick: Tick,
    transition: Transition = Transition.CUT,
    *,
    with_sound: bool = True,
) -> JoinFacts:
    """Write the clips, one after the other, as one MP4 whose frame i is shown at i / fps.

    Where clips differ, all take the first one's size and frame rate; one of another shape gets black bars.
    A transition takes nothing from the length, which is always the sum of the clips'. If a clip has sound,
    the video has: AAC, 48 kHz, stereo, of one loudness as a whole, every clip's in step with its pictures.

    Args:
        clips: one for each shot, in order; at least one.
        metadata: for the container: `title`, `comment`, or keys of your own.
        tick: called after every clip when copying, after every frame when encoding, and often while sound is
            measured. Whatever it raises is passed on, and no file is left at `into` or beside it.
        transition: at every seam.
        with_sound: whether the clips' sound is wanted.

    Raises:
        MediaCorrupt: a clip cannot be read; names its shot.
    """
    facts = [_probe(clip, shot) for shot, clip in enumerate(clips)]
    edit = Edit(Footage(clips, facts), transition)
    total = edit.footage.bounds[-1]
    sounding = frozenset(shot for shot, clip in enumerate(facts) if clip.has_audio)
    track = Soundtrack(clips, facts, edit, sounding if with_sound else frozenset())
    try:
        with TemporaryDirectory(prefix="ttv-join-", dir=into.parent) as folder:
            reason = _disagreement(facts) or _foreign(facts[0], edit, Path(folder))
            parts = divide(clips, facts, edit) if reason is None else [Gap(0, total)]
            sound = _listen(track, tick)
            with av.open(str(into), "w", format="mp4", container_options=_muxing(metadata)) as video:
                video.metadata.update(metadata)
                reel = Reel(video, levelled(track.blocks(), sound.levelling) if sound else None)
                _write(parts, edit, reel, Path(folder), tick)
                reel.finish()
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return JoinFacts(
        frames=total,
        fps=facts[0].fps,
        encoded=_gaps(parts),
        normalised=reason,
        sound=sound,
        silenced=() if with_sound else tuple(sorted(sounding)),
        unreadable=track.unreadable,
    )


def _listen(track: Soundtrack, tick: Tick) -> SoundFacts | None:
    """Measure the sound, without what cannot be read; None if there is none."""

    def loudness() -> Loudness:
        return measure(_ticking(track.blocks(), lambda: tick(0.0)))

    if not track.shots:
        return None
    measured = loudness()
    if track.unreadable:  # found while measuring, perhaps only after some of it was heard
        measured = loudness()
    if not track.shots:
        return None
    return SoundFacts(shots=track.shots, measured=measured, levelling=levelling(measured))


def _ticking(blocks: Iterator[Block], tick: Callable[[], None]) -> Iterator[Block]:
    for block in blocks:
        yield block
        tick()


def _probe(clip: Path, shot: int) -> MediaFacts:
    try:
        return probe(clip, packets_only=True)
    except MediaCorrupt as error:
        raise MediaCorrupt(str(error), shot=shot) from error


def _muxing(metadata: Mapping[str, str]) -> dict[str, str]:
    other_keys = metadata.keys() - MP4_TAGS
    return {"movflags": "+faststart+use_metadata_tags" if other_keys else "+faststart"}


def _disagreement(facts: Sequence[MediaFacts]) -> str | None:
    """Return why the clips' packets cannot simply follow one another, in words for the log."""
    first = facts[0]
    for shot, clip in enumerate(facts):
        if clip.codec not in COPIED_CODECS:
            return f"shot {shot}: {clip.codec} does not belong in an MP4"
        if not clip.steady:
            return f"shot {shot}: its frames do not follow evenly from an I-frame"
        for name in ("codec", "width", "height", "fps"):
            if getattr(clip, name) != getattr(first, name):
                return f"shot {shot}: {name} is {getattr(clip, name)}, of shot 0 {getattr(first, name)}"
        if clip.copy_key != first.copy_key:
            return f"shot {shot}: its encoder's parameters are not those of shot 0"
    return None


def _foreign(first: MediaFacts, edit: Edit, folder: Path) -> str | None:
    """Return why the frames of transitions cannot follow the clips' packets; None without transitions."""
    if not edit.windows or follows(first, edit.footage, folder):
        return None
    return f"{edit.transition}: the clips' encoder had other parameters than ours"


def _write(parts: Sequence[Stretch | Gap], edit: Edit, reel: Reel, folder: Path, tick: Tick) -> None:
    """Write the parts, one after the other: into the reel at once if nothing is to be copied."""
    total, done = _gaps(parts), count(1)

    def encoded() -> None:
        tick(next(done) / total)

    def encode_gap(gap: Gap, into: Path) -> None:
        encode_file(edit.frames(*gap), edit.footage, into, encoded)

    match parts:
        case [Gap() as everything]:
            encode(edit.frames(*everything), edit.footage, reel, encoded)
        case _:
            copy(fill(parts, encode_gap, folder), reel, (lambda _done: tick(1.0)) if total else tick)


def _gaps(parts: Sequence[Stretch | Gap]) -> int:
    """Return how many frames are to be encoded."""
    return sum(part.stop - part.start for part in parts if isinstance(part, Gap))
