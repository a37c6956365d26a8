"""Writes an MP4's pictures and sound in step, so that players need not search.

It knows packets and samples, neither clips nor how either was made.
"""

from collections.abc import Iterable, Iterator

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from functions.finalize.hearing import LAYOUT, RATE, Block
from functions.finalize.loudness import frame_of

BIT_RATE = 192_000
"""Bits a second of sound, where AAC in stereo cannot be told from what went in."""

CODER = {"aac_coder": "fast"}
"""Five times as fast as the default one, and no further from what went in at this bit rate."""


class Reel:
    """An MP4 being written. Its sound is made as its pictures come, and never kept."""

    def __init__(self, container: OutputContainer, sound: Iterator[Block] | None = None) -> None:
        self.container = container
        self._sound = sound
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        self._next: Packet[AudioStream] | None = None

    def write(self, packets: "Iterable[Packet[VideoStream]]") -> None:
        """Write packets of the pictures' only stream, and the sound up to each."""
        for packet in packets:
            if self._sound is not None:  # begun only now, so that the pictures' stream is the first
                self._packets, self._sound = self._encoded(self._sound), None
                self._next = next(self._packets, None)
            while self._next is not None and _seconds(self._next) <= _seconds(packet):
                self._write_sound(self._next)
            self.container.mux_one(packet)

    def finish(self) -> None:
        """Write the rest of the sound."""
        while self._next is not None:
            self._write_sound(self._next)

    def _write_sound(self, packet: "Packet[AudioStream]") -> None:
        self.container.mux_one(packet)
        self._next = next(self._packets, None)

    def _encoded(self, sound: Iterator[Block]) -> "Iterator[Packet[AudioStream]]":
        stream = self.container.add_stream("aac", rate=RATE, options=CODER)
        stream.bit_rate, stream.layout = BIT_RATE, LAYOUT
        at = 0
        for block in sound:
            if block.shape[1]:
                yield from stream.encode(frame_of(block, at))
                at += block.shape[1]
        yield from stream.encode(None)


def _seconds(packet: "Packet[AudioStream] | Packet[VideoStream]") -> float:
    time = packet.dts if packet.dts is not None else packet.pts
    return float((time or 0) * (packet.time_base or 0))
