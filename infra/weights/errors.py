"""What can go wrong while weights are prepared. It knows no hub and no bucket.

WeightsError
├── HubClientMissing    the hub's own client is not installed
├── HubRefused          no such repository or revision, or its licence must be accepted first
├── HubUnreachable      the hub does not answer, or broke off
├── Damaged             what arrived is not what the hub has
└── Occupied            something else is already where it was to be put
"""


class WeightsError(Exception):
    """Weights could not be prepared. The message says what to do."""


class HubClientMissing(WeightsError):
    """The hub's own client is not installed."""


class HubRefused(WeightsError):
    """The hub will not give it: unknown, or not to us. Only a change of something helps."""


class HubUnreachable(WeightsError):
    """The hub does not answer. Trying again goes on where it stopped."""


class Damaged(WeightsError):
    """A file is another than the hub tells, or no weights at all."""


class Occupied(WeightsError):
    """Something else is already there, and nothing is ever overwritten."""
