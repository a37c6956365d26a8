"""What a local stack tells its functions when Google's models are stood in for. It starts nothing."""

import json
from pathlib import Path

LOG_NAME = "stand-ins.jsonl"
"""Of the request log, among a stack's logs."""

DEFAULTS = {"planner": "gemini", "image_model": "nano_banana", "model": "omni"}


def offering_environment(url: str) -> dict[str, str]:
    """Return the variables of `shared.settings.Settings` with which every model is offered.

    Args:
        url: of the stand-in.
    """
    return {
        "TTV_GOOGLE_STAND_IN": url,
        "TTV_VIDEO_BACKENDS": "animatic,omni,veo",
        "TTV_IMAGE_BACKENDS": "storyboard,nano_banana",
        "TTV_PLANNERS": "rules,gemini",
        "TTV_DEFAULTS": json.dumps(DEFAULTS),
    }


def log_in(logs: Path) -> Path:
    """Return where a stack's request log lies."""
    return logs / LOG_NAME
