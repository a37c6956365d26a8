"""The recorded programs, once for all tests."""

import pytest

from tests.infra.program import Run
from tests.infra.recording import Recording
from tests.infra.recordings import Recordings


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Recordings:
    """Run the program in any way: `recordings.of(Run("prod", told={"gpu": "none"}))`."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "recordings"
    shared.mkdir(exist_ok=True)
    return Recordings(shared)


@pytest.fixture(scope="session")
def dev(recordings: Recordings) -> Recording:
    """`pulumi up` of the stack dev as committed."""
    return recordings.of(Run("dev"))


@pytest.fixture(scope="session")
def prod(recordings: Recordings) -> Recording:
    """`pulumi up` of the stack prod as committed."""
    return recordings.of(Run("prod"))
