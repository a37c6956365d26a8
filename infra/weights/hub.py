"""Downloads a model from the Hugging Face hub: one commit of it, and of that what diffusers loads.

It speaks through the hub's own client, `huggingface_hub`, and knows neither presets nor buckets.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from infra.weights.errors import Damaged, HubClientMissing, HubRefused, HubUnreachable

INDEX = "model_index.json"
"""Names the components of a pipeline, each in the folder of its name."""

TO_INSTALL = "pip install 'huggingface_hub>=1,<3'"

PICKLES = frozenset({".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth"})
"""Weights that can run code as they are loaded: never fetched."""

OTHER_LIBRARIES = frozenset({".h5", ".msgpack", ".onnx", ".onnx_data", ".ot"})
"""The same weights for others than torch."""

FILES_AT_A_TIME = 8

LICENCE = "LICENSE"


@dataclass(frozen=True)
class HubFile:
    """A file as the hub tells it."""

    path: str
    size_bytes: int
    sha256: str
    """Of a large file; empty of one that lies in git itself."""
    git_sha1: str
    """Of git's blob: of the file itself, where it lies in git."""


@dataclass(frozen=True)
class Listing:
    """One commit of a repository."""

    repository: str
    commit: str
    files: tuple[HubFile, ...]


class Hub:
    """The hub, or what stands in for it.

    The client reads `HF_ENDPOINT` and `HF_TOKEN` from the environment by itself.

    Args:
        endpoint: base URL; the client's own when left out.

    Raises:
        HubClientMissing: the client is not installed.
    """

    def __init__(self, endpoint: str | None = None) -> None:
        self._client = _client()
        self._endpoint = endpoint

    def listing(self, repository: str, revision: str) -> Listing:
        """Ask what a branch, tag or commit holds.

        Raises:
            HubRefused: there is no such repository or revision, or it is not for us.
            HubUnreachable: no answer.
        """
        with self._translated(repository, revision):
            api = self._client.HfApi(endpoint=self._endpoint)
            found = api.model_info(repository, revision=revision, files_metadata=True)
        files = tuple(_file_of(each) for each in found.siblings or ())
        return Listing(repository, str(found.sha), files)

    def pipeline(self, listing: Listing, into: Path) -> Listing:
        """Narrow a listing to what diffusers loads: the index, its components' folders, and the licence.

        Raises:
            HubRefused: the repository holds no pipeline of diffusers.
            HubUnreachable: the index did not come.
        """
        if INDEX not in {each.path for each in listing.files}:
            raise HubRefused(f"{listing.repository} has no {INDEX}: it is in another layout than diffusers'")
        with self._translated(listing.repository, listing.commit):
            path = self._client.hf_hub_download(
                listing.repository, INDEX, revision=listing.commit, local_dir=into, endpoint=self._endpoint
            )
        components = _components(Path(path).read_bytes(), listing.repository)
        wanted = tuple(each for each in listing.files if _is_wanted(Path(each.path), components))
        present = {Path(each.path).parts[0] for each in wanted}
        if missing := sorted(components - present):
            raise HubRefused(f"{listing.repository} has no files for {', '.join(missing)}")
        return Listing(listing.repository, listing.commit, wanted)

    def download(self, listing: Listing, into: Path) -> None:
        """Download all files of a listing to a folder. Files that are there whole are not sent again.

        A connection that breaks is taken up where it broke; a process that ends loses the files on their way.

        Raises:
            HubRefused, HubUnreachable: as for `listing`.
        """
        with self._translated(listing.repository, listing.commit):
            self._client.snapshot_download(
                listing.repository,
                revision=listing.commit,
                local_dir=into,
                allow_patterns=[each.path for each in listing.files],
                max_workers=FILES_AT_A_TIME,
                endpoint=self._endpoint,
            )

    @contextmanager
    def _translated(self, repository: str, revision: str) -> Iterator[None]:
        errors = self._client.errors
        known: Mapping[type[Exception], str] = {
            errors.GatedRepoError: (
                f"{repository} is given only to those who accept its licence: accept it on its page, and set"
                " HF_TOKEN to a token of that account that may read it"
            ),
            errors.RevisionNotFoundError: f"{repository} has no revision {revision}",
            errors.EntryNotFoundError: f"{repository} lacks a file at {revision}",
            errors.RepositoryNotFoundError: (
                f"there is no repository {repository}, or it is private: then HF_TOKEN must be set to a token"
                " that may read it"
            ),
        }
        try:
            yield
        except (
            errors.LocalEntryNotFoundError
        ) as error:  # the client's word for: no answer, and nothing cached
            raise _unreachable(repository, error) from error
        except tuple(known) as error:
            said = next(words for kind, words in known.items() if isinstance(error, kind))
            raise HubRefused(said) from error
        except errors.HfHubHTTPError as error:
            status = error.response.status_code
            if status in (401, 403):
                raise HubRefused(
                    f"the hub does not give us {repository}: {status}; is HF_TOKEN right?"
                ) from error
            raise _unreachable(repository, error) from error
        except (errors.HTTPError, OSError, RuntimeError) as error:  # the HTTP library's, a broken transfer's
            raise _unreachable(repository, error) from error


def check_file(path: Path, told: HubFile, sha256: str) -> None:
    """Hold a downloaded file to what the hub tells of it. The client itself compares sizes only.

    Args:
        sha256: of the file, as read from the disk.

    Raises:
        Damaged: it is another.
    """
    if told.sha256:
        is_right = sha256 == told.sha256
    else:
        content = path.read_bytes()  # what lies in git itself is small
        blob = b"blob %d\0" % len(content) + content
        is_right = hashlib.sha1(blob, usedforsecurity=False).hexdigest() == told.git_sha1
    if not is_right:
        raise Damaged(f"{told.path} is not what the hub has: its checksum is another")


def _client() -> ModuleType:
    try:
        import huggingface_hub.errors  # here: only who fetches has it
    except ImportError as error:
        raise HubClientMissing(f"fetching needs the hub's client: {TO_INSTALL}") from error
    client: ModuleType = huggingface_hub
    return client


def _file_of(sibling: Any) -> HubFile:  # noqa: ANN401 - the client's own type, which is not installed everywhere
    large = sibling.lfs
    return HubFile(
        path=str(sibling.rfilename),
        size_bytes=int(sibling.size),
        sha256=str(large.sha256) if large else "",
        git_sha1=str(sibling.blob_id),
    )


def _components(index: bytes, repository: str) -> set[str]:
    """Read the names of a pipeline's components; those it does without are null there."""
    try:
        told = json.loads(index)
        pairs = {name: value for name, value in told.items() if isinstance(value, list)}
    except (ValueError, AttributeError) as error:
        raise HubRefused(f"{INDEX} of {repository} cannot be read: {error}") from error
    return {name for name, value in pairs.items() if any(part is not None for part in value)}


def _is_wanted(path: Path, components: set[str]) -> bool:
    if len(path.parts) == 1:
        return path.name == INDEX or path.name.startswith(LICENCE)
    return path.parts[0] in components and path.suffix not in PICKLES | OTHER_LIBRARIES


def _unreachable(repository: str, error: Exception) -> HubUnreachable:
    first = str(error).strip().partition("\n")[0]
    return HubUnreachable(f"the hub did not give us {repository}: {first}; run it again to go on")
