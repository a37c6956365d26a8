"""Free ports on 127.0.0.1, held until a part is about to use them. It knows nothing of the parts."""

import random
import socket

from infra.local.errors import PortsExhausted

_LOWEST, _HIGHEST = 20_000, 32_000
"""Below the ports that Linux (32768 and up) and macOS (49152 and up) give to outgoing connections, so that
none of those can take a port between its release and the part's listening, or while a part restarts."""

_TRIES = 200


class ReservedPort:
    """One port that nobody else can listen on until it is released."""

    def __init__(self, holder: socket.socket) -> None:
        self._holder = holder
        self.number: int = holder.getsockname()[1]

    def release(self) -> int:
        """Let go of the port, for a part that listens on it next. May be called again."""
        self._holder.close()
        return self.number


def reserve_port() -> ReservedPort:
    """Reserve a free port.

    Raises:
        PortsExhausted: none of many random tries was free.
    """
    for number in random.sample(range(_LOWEST, _HIGHEST), _TRIES):
        holder = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            holder.bind(("127.0.0.1", number))  # without listening: a client is refused, not kept waiting
        except OSError:
            holder.close()
        else:
            return ReservedPort(holder)
    raise PortsExhausted(f"no free port between {_LOWEST} and {_HIGHEST} on 127.0.0.1 after {_TRIES} tries")
