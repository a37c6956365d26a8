"""The ways in which the program is tried: each stack as committed, and with each kind of GPU.

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

UPS = (*COMMITTED, *WITH_EACH_GPU)
