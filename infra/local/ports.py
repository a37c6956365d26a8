"""Free ports on 127.0.0.1, held until a part is about to use them. It knows nothing of the parts."""

import random
import socket
from collections.abc import Sequence

from infra.local.errors import PortsExhausted

_LOWEST, _HIGHEST = 20_000, 32_000
"""Below the ports that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, so that
none of those can take a port between its release and the part's listening, or while a part restarts."""

_TRIES = 200


class ReservedPort:
    """One port that nobody else can listen on until it is released."""

    def __init__(self, number: int, holders: Sequence[socket.socket]) -> None:
        self.number = number
        self._holders = holders

    def release(self) -> int:
        """Let go of the port, for a part that listens on it next. May be called again."""
        for holder in self._holders:
            holder.close()
        return self.number


def reserve_port(*, udp: bool = False) -> ReservedPort:
    """Reserve a free TCP port.

    Args:
        udp: whether the UDP port of the same number is reserved with it.

    Raises:
        PortsExhausted: none of many random tries was free.
    """
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM) if udp else (socket.SOCK_STREAM,)
    for number in random.sample(range(_LOWEST, _HIGHEST), _TRIES):
        holders = [socket.socket(socket.AF_INET, kind) for kind in kinds]
        try:
            for holder in holders:
                # Without listening: a client is refused, not kept waiting.
                holder.bind(("127.0.0.1", number))
        except OSError:
            for holder in holders:
                holder.close()
        else:
            return ReservedPort(number, holders)
    raise PortsExhausted(f"no free port between {_LOWEST} and {_HIGHEST} on 127.0.0.1 after {_TRIES} tries")
