"""The one pipeline of this process: loaded once, reused, loaded anew when it may be broken.

It knows pipelines and weights, not clips.
"""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
import torch

from functions.render.video_backends.diffusers import lora as adapters
from functions.render.video_backends.diffusers.copying import bring_lora, bring_preset
from functions.render.video_backends.diffusers.deployment import Deployment, Lora
from functions.render.video_backends.diffusers.memory import (
    BYTES_PER_NUMBER,
    MemoryPlan,
    need_of,
    plan_memory,
    tightened,
)
from functions.render.video_backends.diffusers.parameters import parameters_of
from functions.render.video_backends.diffusers.pipes import Pipe, keep, load, usual_kind
from functions.render.video_backends.diffusers.presets import Preset
from functions.render.video_backends.diffusers.take import Take
from functions.render.video_backends.diffusers.weights import folder_of, lora_of
from shared.domain.errors import BackendFailed

log = structlog.get_logger()


class Resident:
    """A preset's pipeline in this process. Whoever uses it has it from `claimed`.

    Args:
        preset: whose weights are loaded.
        deployment: where they lie, and what computes.
    """

    def __init__(self, preset: Preset, deployment: Deployment) -> None:
        self.preset = preset
        self.deployment = deployment
        self.plan: MemoryPlan | None = None
        """As it is kept, or is to be when loaded next; None: as the next clip needs it."""
        self.loads = 0
        """How often it was loaded."""
        self._pipe: Pipe | None = None
        self._worn: str | None = None
        self._free_bytes: int | None = None

    def pipe_for(self, take: Take, lora: Lora | None) -> Pipe:
        """Return the pipeline, loaded and kept so that a take fits, and with exactly this adapter.

        Raises:
            BackendUnavailable: weights are missing or not what they should be.
            BackendFailed: there is no such adapter, or it is of another model.
            torch.OutOfMemoryError: it does not fit even so.
        """
        plan = self._plan_for(take)
        pipe = self._pipe
        is_fixed = plan is MemoryPlan.STREAMED and self._worn != (lora and lora.name)
        if pipe is None or self.plan is None or plan > self.plan or is_fixed:
            self.drop()
            pipe = self._pipe = self._load(plan, lora)
        self._wear(pipe, lora)
        return pipe

    def tighten(self) -> MemoryPlan:
        """Let the pipeline go after memory ran out, and return how it is to be kept from now on."""
        plan = tightened(self.plan or MemoryPlan.WHOLE)
        self.drop()
        self.plan = plan
        return plan

    def drop(self) -> None:
        """Let the pipeline go, and its memory with it. The next use loads it anew."""
        self._pipe = self._worn = self.plan = None
        gc.collect()  # hooks and the modules they hang on refer to each other
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _plan_for(self, take: Take) -> MemoryPlan:
        """Choose how to keep the pipeline for a take: never laxer than what memory has shown to be needed."""
        laxest = max(self.deployment.memory_plan or MemoryPlan.WHOLE, self.plan or MemoryPlan.WHOLE)
        if self.deployment.device == "cpu":
            return laxest
        if self._free_bytes is None:
            self._free_bytes = torch.cuda.mem_get_info()[0]
        numbers = parameters_of(self._folder())
        need = need_of(
            {name: count * self._number_bytes(name) for name, count in numbers.items()},
            self.preset.footprint,
            width=take.canvas.width,
            height=take.canvas.height,
            frames=take.timeline.rendered,
        )
        return max(laxest, plan_memory(self._free_bytes, need))

    def _number_bytes(self, component: str) -> int:
        return 4 if component == "vae" and self.preset.vae_in_float32 else BYTES_PER_NUMBER

    def _folder(self) -> Path:
        place = self.deployment
        if place.cache is not None:
            return bring_preset(place.weights_root, place.cache, self.preset.name)
        return folder_of(place.weights_root, self.preset.name)

    def _load(self, plan: MemoryPlan, lora: Lora | None) -> Pipe:
        began = time.monotonic()
        pipe = load(self._folder(), self.preset, self.deployment.device, plan)
        if plan is MemoryPlan.STREAMED:
            self._wear(pipe, lora)  # now or never: then copies of all layers are kept elsewhere
        keep(pipe, self.deployment.device, plan)
        self.plan = plan
        self.loads += 1
        log.info(
            "model.loaded",
            preset=self.preset.name,
            gpu=self.deployment.gpu,
            memory_plan=plan.name.lower(),
            duration_seconds=round(time.monotonic() - began, 3),
        )
        return pipe

    def _wear(self, pipe: Pipe, lora: Lora | None) -> None:
        if lora is None:
            if self._worn is not None:
                adapters.take_off(pipe)
                self._worn = None
            return
        if self._worn == lora.name:
            return adapters.set_strength(pipe, lora)
        place = self.deployment
        file = (
            lora_of(place.weights_root, lora.name)
            if place.cache is None
            else bring_lora(place.weights_root, place.cache, lora.name)
        )
        if self._worn is not None:
            adapters.take_off(pipe)
        try:
            adapters.put_on(pipe, lora, file, usual_kind(place.device))
        except BackendFailed:
            self.drop()
            raise
        self._worn = lora.name


_claim = threading.Lock()
_resident: Resident | None = None


@contextmanager
def claimed(preset: Preset, deployment: Deployment) -> Iterator[Resident]:
    """Use the pipeline of this process alone: a GPU has room for one, and renders one clip at a time.

    One of another preset is let go first.
    """
    global _resident
    with _claim:
        if _resident is None or (_resident.preset.name, _resident.deployment) != (preset.name, deployment):
            if _resident is not None:
                _resident.drop()
            _resident = Resident(preset, deployment)
        yield _resident


def let_go() -> None:
    """Let the pipeline of this process go, if there is one, once nobody uses it."""
    global _resident
    with _claim:
        if _resident is not None:
            _resident.drop()
        _resident = None
