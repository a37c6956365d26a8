"""The one pipeline of this process: loaded once, reused, loaded anew when it may be broken.

It knows pipelines and weights, not clips.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import structlog
import torch

from functions.render.video_backends.diffusers import lora as adapters
from functions.render.video_backends.diffusers.copying import bring_lora
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.manifest import WeightFile
from functions.render.video_backends.diffusers.memory import (
    BYTES_PER_NUMBER,
    MemoryPlan,
    need_of,
    plan_memory,
    tightened,
)
from functions.render.video_backends.diffusers.parameters import parameters_of
from functions.render.video_backends.diffusers.pipes import Pipe, keep, load
from functions.render.video_backends.diffusers.presets import Preset
from functions.render.video_backends.diffusers.take import Take
from functions.render.video_backends.diffusers.weights import folder_of, lora_entry, lora_of
from shared.domain.errors import BackendFailed
from shared.domain.lora import Lora
from shared.shutdown import replace_this_process

WAIT_SECONDS = 1.0
"""Between two looks of a clip that waits, whether it is still wanted."""

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
        """How it is kept; None: it is not loaded."""
        self.loads = 0
        """How often it was loaded, of which the logs tell."""
        self._pipe: Pipe | None = None
        self._worn: WeightFile | None = None
        self._laxest = deployment.memory_plan

    def pipe_for(self, take: Take, lora: Lora | None) -> Pipe:
        """Return the pipeline, loaded and kept so that a take fits, and with exactly this adapter.

        Raises:
            BackendUnavailable: weights are missing or not what they should be.
            BackendFailed: there is no such adapter, or it is of another model.
            torch.OutOfMemoryError: it does not fit even so.
        """
        worn = lora_entry(self.deployment.weights_root, lora.name) if lora else None
        plan = self._plan_for(take)
        is_fixed = self.plan is MemoryPlan.STREAMED and self._worn != worn
        if self._pipe is None or self.plan is None or plan > self.plan or is_fixed:
            self.drop()  # before the next one comes: there is no room for two
            self._pipe = self._load(plan, lora, worn)
        self._wear(self._pipe, lora, worn)
        return self._pipe

    def tighten(self) -> MemoryPlan:
        """Let the pipeline go after memory ran out, and return how it is to be kept from now on."""
        self._laxest = tightened(self.plan or self._laxest)
        self.drop()
        return self._laxest

    def drop(self) -> None:
        """Let the pipeline go, and its memory with it. The next use loads it anew.

        A GPU that does not even do this is lost to this process, for good: another one takes its place.
        """
        self._pipe = self._worn = self.plan = None
        gc.collect()  # hooks and the modules they hang on refer to each other
        if self.deployment.device == "cpu":
            return
        try:
            torch.cuda.synchronize()
            torch.cuda.empty_cache()
        except RuntimeError as error:
            log.error("gpu.lost", detail=str(error))
            replace_this_process()

    def spare(self) -> None:
        """Give back memory that is reserved, but unused: what encodes has its own."""
        if self.deployment.device != "cpu":
            torch.cuda.empty_cache()

    def _plan_for(self, take: Take) -> MemoryPlan:
        """Choose how to keep the pipeline for a take: never laxer than what memory has shown to be needed."""
        if self._free_bytes is None:
            return self._laxest
        need = need_of(
            self._component_bytes,
            self.preset.footprint,
            width=take.canvas.width,
            height=take.canvas.height,
            frames=take.timeline.rendered,
        )
        return max(self._laxest, plan_memory(self._free_bytes, need))

    @cached_property
    def _free_bytes(self) -> int | None:
        """Of the GPU, before the pipeline is on it."""
        if self.deployment.free_bytes is not None:
            return self.deployment.free_bytes
        return None if self.deployment.device == "cpu" else torch.cuda.mem_get_info()[0]

    @cached_property
    def _component_bytes(self) -> dict[str, int]:
        wide = BYTES_PER_NUMBER * 2 if self.preset.vae_in_float32 else BYTES_PER_NUMBER
        return {
            name: count * (wide if name == "vae" else BYTES_PER_NUMBER)
            for name, count in parameters_of(self._folder).items()
        }

    @cached_property
    def _folder(self) -> Path:
        """Where the weights are: all of them were brought there and verified when this process began."""
        return folder_of(self.deployment.cache or self.deployment.weights_root, self.preset.name)

    @property
    def _numbers(self) -> torch.dtype:
        usual = "float32" if self.deployment.device == "cpu" else "bfloat16"
        return {"bfloat16": torch.bfloat16, "float32": torch.float32}[self.deployment.numbers or usual]

    def _load(self, plan: MemoryPlan, lora: Lora | None, worn: WeightFile | None) -> Pipe:
        began = time.monotonic()
        pipe = load(self._folder, self.preset, self._numbers, plan)
        if plan is MemoryPlan.STREAMED:
            self._wear(pipe, lora, worn)  # now or never: then copies of all layers are kept elsewhere
        keep(pipe, self.deployment.device, plan)
        self.plan = plan
        self.loads += 1
        log.info(
            "model.loaded",
            preset=self.preset.name,
            loads=self.loads,
            memory_plan=plan.name.lower(),
            duration_seconds=round(time.monotonic() - began, 3),
        )
        return pipe

    def _wear(self, pipe: Pipe, lora: Lora | None, worn: WeightFile | None) -> None:
        """Put an adapter on; none: take off what is on.

        Args:
            worn: its file, by which it is told apart.
        """
        if self._worn != worn and self._worn is not None:
            adapters.take_off(pipe)
            self._worn = None
        if lora is None:
            return
        if self._worn == worn:
            return adapters.set_strength(pipe, lora)
        try:
            adapters.put_on(pipe, lora, self._lora_file(lora), self._numbers)
        except BackendFailed:
            self.drop()
            raise
        self._worn = worn

    def _lora_file(self, lora: Lora) -> Path:
        root, cache = self.deployment.weights_root, self.deployment.cache
        return lora_of(root, lora.name) if cache is None else bring_lora(root, cache, lora.name)


_claim = threading.Lock()
_resident: Resident | None = None


@contextmanager
def claimed(preset: Preset, deployment: Deployment, wait: Callable[[], None]) -> Iterator[Resident]:
    """Use the pipeline of this process alone: a GPU has room for one, and renders one clip at a time.

    One of another preset is let go first.

    Args:
        wait: called every second while another clip is rendered. What it raises is passed on.
    """
    global _resident
    while not _claim.acquire(timeout=WAIT_SECONDS):
        wait()
    try:
        if _resident is None or (_resident.preset.name, _resident.deployment) != (preset.name, deployment):
            if _resident is not None:
                _resident.drop()
            _resident = Resident(preset, deployment)
        yield _resident
    finally:
        _claim.release()
