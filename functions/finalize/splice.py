"""Joins clips by copying their packets, and encodes only what a transition changes.

It knows files, packets and what one packet needs of others; neither jobs nor pictures.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate, islice, pairwise
from pathlib import Path
from typing import NamedTuple

from av.video.stream import VideoStream

from functions.finalize.encode import Tick
from functions.finalize.reel import Reel
from functions.finalize.seams import Edit
from shared.probe import MediaFacts, open_media, probe, read_packets, video_stream


class Stretch(NamedTuple):
    """Frames `start` to `stop` of a file, to be copied as its packets `start` to `stop`."""

    clip: Path
    known: MediaFacts
    start: int
    stop: int


class Gap(NamedTuple):
    """Frames `start` to `stop` of the video, which are to be encoded."""

    start: int
    stop: int


def copy(stretches: Sequence[Stretch], reel: Reel, tick: Tick) -> None:
    """Copy the stretches' pictures, packet by packet, one after the other.

    Clips bring clocks and offsets of their own. They are dropped: a packet's time is its frame's number in
    the whole video, so that no seam can have a gap or an overlap.
    """
    stream: VideoStream | None = None
    frame_seconds = 1 / stretches[0].known.fps
    ahead = max(stretch.known.reorder_frames for stretch in stretches)
    joined = 0
    for done, (clip, known, start, stop) in enumerate(stretches, 1):
        with open_media(clip, packets_only=True) as container:
            source = video_stream(container)
            if stream is None:
                stream = reel.container.add_stream_from_template(source)
                stream.time_base = frame_seconds
            frame_ticks = float(frame_seconds / known.clock)
            for decoded, packet in enumerate(islice(read_packets(container, source), start, stop)):
                packet.stream, packet.time_base, packet.duration = stream, frame_seconds, 1
                shown = round(((packet.pts or 0) - known.first_pts) / frame_ticks) - start
                packet.pts = joined + shown
                packet.dts = joined + decoded - ahead
                reel.write([packet])
        joined += stop - start
        tick(done / len(stretches))


def divide(clips: Sequence[Path], facts: Sequence[MediaFacts], edit: Edit) -> list[Stretch | Gap]:
    """Divide the video into what can be copied and the least that must be encoded, in order.

    Args:
        clips: which agree, so that every frame of theirs is one of the video.
    """
    if not edit.windows:
        return [Stretch(clip, known, 0, known.frames) for clip, known in zip(clips, facts, strict=True)]
    halves = {window.seam: window.half for window in edit.windows}
    parts: list[Stretch | Gap] = []
    reached = 0
    for clip, known, (begin, end) in zip(clips, facts, pairwise(edit.footage.bounds), strict=True):
        start, stop = _copied(clip, halves.get(begin, 0), known.frames - halves.get(end, 0))
        if start < stop:
            if reached < begin + start:
                parts.append(Gap(reached, begin + start))
            parts.append(Stretch(clip, known, start, stop))
            reached = begin + stop
    if reached < edit.footage.bounds[-1]:
        parts.append(Gap(reached, edit.footage.bounds[-1]))
    return parts


def fill(
    parts: Sequence[Stretch | Gap], encode_gap: Callable[[Gap, Path], None], folder: Path
) -> list[Stretch]:
    """Encode every gap into a file in `folder`, and return all stretches, in order."""
    stretches = []
    for part in parts:
        if isinstance(part, Gap):
            path = folder / f"frames-{part.start}.mp4"
            encode_gap(part, path)
            part = Stretch(path, probe(path, packets_only=True), 0, part.stop - part.start)
        stretches.append(part)
    return stretches


def _copied(clip: Path, earliest: int, latest: int) -> tuple[int, int]:
    """Return which of a clip's frames, from `earliest` to `latest`, can be copied; none if stop <= start.

    A copy may end where the frames so far are decoded without any later one. It may begin where that is so
    and an I-frame comes next, since then no frame from there on needs one before it.
    """
    with open_media(clip, packets_only=True) as container:
        packets = read_packets(container, video_stream(container))
        decoded = [(packet.pts or 0, packet.is_keyframe) for packet in packets]
    rank = {pts: place for place, pts in enumerate(sorted(pts for pts, _ in decoded))}
    furthest = accumulate((rank[pts] for pts, _ in decoded), max, initial=-1)
    complete = [place for place, far in enumerate(furthest) if far == place - 1]
    begins = (place for place in complete if earliest <= place < len(decoded) and decoded[place][1])
    ends = (place for place in complete if place <= latest)
    return min(begins, default=latest), max(ends)
