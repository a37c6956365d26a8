"""Names of everything that is stored or enqueued.

They are deterministic, so that doing a thing twice finds the first.
"""

import hashlib
import re
from datetime import datetime

from shared.domain.job import WorkKey

JOB_ID = re.compile(r"video_[0-9a-f]{24}")
"""Outside, a job is a video; its id keeps to what OpenAI's clients expect."""

CAPTION_STRIP_KEY = "ttv:caption-strip-pixels"
"""PNG text chunk of a keyframe: how many pixel rows at its bottom are caption, not picture. Absent: none."""


def job_id(entropy: bytes) -> str:
    """Name a job from 12 random bytes."""
    return f"video_{entropy.hex()}"


def task_name(job_id: str, key: WorkKey, generation: int, step: int, recheck_at: str = "") -> str:
    """Name the task for one step of a piece of work.

    Args:
        recheck_at: tells a task that only waits for a lease to end from the one that is waiting.

    Hashed, because Cloud Tasks is slow on names with a common prefix.
    Source: https://cloud.google.com/tasks/docs/reference/rpc/google.cloud.tasks.v2#createtaskrequest
    """
    return _digest(job_id, str(key), str(generation), str(step), recheck_at)[:32]


def idempotency_id(owner: str, key: str) -> str:
    """Document id for a client's idempotency key."""
    return _digest(owner, key)


def api_key_id(key: str) -> str:
    """Document id for an API key, which itself is never stored."""
    return _digest(key)


def limits_id(owner: str) -> str:
    """Document id of what an owner uses of their limits."""
    return _digest(owner)


def creations_id(owner: str, minute: datetime) -> str:
    """Document id of how many videos an owner has asked for in a minute.

    Args:
        minute: when it began.
    """
    return _digest(owner, minute.isoformat())


def owner_request(owner: str, request_hash: str) -> str:
    """Name who asks for what: equal for equal requests of one owner."""
    return _digest(owner, request_hash)


def ledger_id(job_id: str, key: WorkKey, number: int) -> str:
    """Document id of one entry of the ledger.

    Args:
        number: of the charge among those of its piece of work, from 0.
    """
    part = key.stage if key.shot is None else shot_document_id(key.shot)
    return f"{job_id}-{part}-{number}"


def objects_prefix(job_id: str) -> str:
    """Where all objects of a job lie."""
    return f"jobs/{job_id}/"


def job_of(path: str) -> str | None:
    """Return the id of the job that an object belongs to."""
    found = JOB_ID.search(path)
    return found and found[0]


def reference_image_path(job_id: str, number: int) -> str:
    """Object path of a reference image, numbered from 0."""
    return f"{objects_prefix(job_id)}given/reference-{number}.png"


def initial_image_path(job_id: str) -> str:
    """Object path of the user's own first keyframe, as it came in."""
    return f"{objects_prefix(job_id)}given/initial.png"


def keyframe_path(job_id: str, shot: int) -> str:
    """Object path of the keyframe with which a shot begins."""
    return f"{objects_prefix(job_id)}shots/{shot:04d}/keyframe.png"


def end_keyframe_path(job_id: str, last_shot: int) -> str:
    """Object path of the keyframe with which the last shot ends."""
    return f"{objects_prefix(job_id)}shots/{last_shot:04d}/end_keyframe.png"


def sheet_path(job_id: str, number: int) -> str:
    """Object path of a character's sheet.

    Args:
        number: of the character in the plan, from 0.
    """
    return f"{objects_prefix(job_id)}sheets/{number}.png"


def drawing_path(picture: str, number: int) -> str:
    """Object path of a paid drawing, from which a keyframe or sheet is chosen.

    What lies there has been paid for by the job that it belongs to.

    Args:
        picture: object path of the keyframe or sheet.
        number: of the drawing among those of the same picture, from 0.
    """
    return f"{picture.removesuffix('.png')}/drawing-{number}.png"


def found_drawing_path(picture: str, number: int) -> str:
    """Object path of the same where it had been drawn before, and cost nothing."""
    return f"{picture.removesuffix('.png')}/found-{number}.png"


def judgement_path(picture: str, number: int) -> str:
    """Object path of what was seen at looking at a drawing."""
    return f"{picture.removesuffix('.png')}/judgement-{number}.json"


def other_words_path(picture: str) -> str:
    """Object path of the other words for what a safety filter would not draw."""
    return f"{picture.removesuffix('.png')}/other-words.json"


def cached_drawing_path(owner: str, address: str) -> str:
    """Object path of a drawing that its owner may be given again.

    Args:
        address: digest of what was asked for.
    """
    return f"cache/{_digest(owner)}/{address}.png"


def clip_path(job_id: str, shot: int) -> str:
    """Object path of a shot's clip."""
    return f"{objects_prefix(job_id)}shots/{shot:04d}/clip.mp4"


def submission_prefix(job_id: str, shot: int, submission_id: str) -> str:
    """Where a provider is to write what it makes of one paid call; ends in a slash."""
    return f"{objects_prefix(job_id)}shots/{shot:04d}/submissions/{submission_id}/"


def video_path(job_id: str) -> str:
    """Object path of the finished video."""
    return f"{objects_prefix(job_id)}video.mp4"


def thumbnail_path(job_id: str) -> str:
    """Object path of the video's thumbnail."""
    return f"{objects_prefix(job_id)}thumbnail.jpg"


def storyboard_sheet_path(job_id: str) -> str:
    """Object path of the sheet with all keyframes."""
    return f"{objects_prefix(job_id)}storyboard.png"


def download_name(job_id: str, path: str) -> str:
    """Name the file as which an object of a finished job is saved.

    Args:
        path: of the object; what it ends in says its kind.
    """
    return f"{job_id}.{path.rpartition('.')[2]}"


def shot_document_id(index: int) -> str:
    """Document id of a shot: four digits, so that they sort."""
    return f"{index:04d}"


def shot_seed(seed: int, shot: int) -> int:
    """Seed of one shot, 0 to 2**31 - 1, from that of the job."""
    return int(_digest(str(seed), str(shot))[:8], 16) >> 1


def redraw_seed(seed: int, *again: int) -> int:
    """Seed of a further drawing of the same picture, 0 to 2**31 - 1.

    Args:
        again: what tells it from the others; with zeros alone it is the first, which has the seed itself.
    """
    return int(_digest(str(seed), "again", *map(str, again))[:8], 16) >> 1 if any(again) else seed


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
