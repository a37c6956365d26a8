"""The ways in which the program is tried: as committed, with each kind of GPU, with each copy of weights.

It knows no resource.
"""

from infra.config import Gpu
from tests.infra.program import STACKS, Run

COMMITTED = tuple(Run(stack) for stack in STACKS)

PREVIEWS = tuple(Run(stack, preview=True) for stack in STACKS)

WITH_EACH_GPU = tuple(
    Run(stack, told={"gpu": gpu.value})
    for stack, gpus in (("dev", (Gpu.L4,)), ("prod", (Gpu.NONE, Gpu.RTX_PRO_6000)))
    for gpu in gpus
)
"""Besides what the stacks are committed with: dev without, prod with an L4."""

WITH_WEIGHTS_COPIED = (
    Run("prod", told={"weightsCache": {"medium": "disk", "gib": 48}}),
    Run("prod", told={"gpu": "rtx-pro-6000", "weightsCache": {"medium": "memory", "gib": 40}}),
)
"""To a disk, and to memory."""

UPS = (*COMMITTED, *WITH_EACH_GPU, *WITH_WEIGHTS_COPIED)
