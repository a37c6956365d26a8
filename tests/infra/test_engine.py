"""The engine of the tests does what Pulumi's does: shown by a small program."""

import pytest

from tests.infra.foresight import surprises
from tests.infra.program import ProgramFailed, Run
from tests.infra.recording import Recording
from tests.infra.recordings import Recordings
from tests.infra.wire import Asset, Secret, Unknown

FOLDER = "tests/infra/programs/tiny"


def tiny(*, preview: bool = False, fault: str = "none") -> Run:
    return Run("any", preview=preview, told={"fault": fault}, folder=FOLDER)


@pytest.fixture(scope="module")
def up(recordings: Recordings) -> Recording:
    return recordings.of(tiny())


@pytest.fixture(scope="module")
def preview(recordings: Recordings) -> Recording:
    return recordings.of(tiny(preview=True))


def test_what_one_resource_gives_another_is_told(up: Recording) -> None:
    [grant] = up.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")

    assert grant.at("bucket") == "ttv-shelf"
    assert grant.at("member") == "serviceAccount:ttv-reader@a-project.iam.gserviceaccount.com"


def test_in_a_preview_only_what_the_program_says_itself_is_known(preview: Recording) -> None:
    [grant] = preview.of_type("gcp:storage/bucketIAMMember:BucketIAMMember")

    assert grant.at("role") == "roles/storage.objectViewer"
    assert grant.at("member") == Unknown()


def test_secrets_and_texts_to_upload_are_told_apart_from_plain_values(up: Recording) -> None:
    [note] = up.of_type("gcp:storage/bucketObject:BucketObject")

    assert note.inputs["metadata"] == {"key": Secret("hidden")}
    assert note.at("metadata.key") == "hidden"
    assert note.inputs["source"] == Asset(path="", text="hello")


def test_what_is_looked_up_is_answered(up: Recording) -> None:
    [note] = up.of_type("gcp:storage/bucketObject:BucketObject")

    assert note.at("name") == "note-1234567890.txt"


def test_parents_protection_and_exports_are_recorded(up: Recording) -> None:
    [note] = up.of_type("gcp:storage/bucketObject:BucketObject")
    [bucket] = up.of_type("gcp:storage/bucket:Bucket")

    assert up.by_urn(note.parent).type == "ttv:tiny:Shelf"
    assert note.urn == f"urn:pulumi:any::tiny::ttv:tiny:Shelf${note.type}::shelf-note"
    assert (note.protect, bucket.protect) == (True, False)
    assert bucket.urn in note.dependencies
    assert up.exports == {"fault": "none"}


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("raises", "ValueError: as was asked for"),
        ("twice", "Duplicate resource URN"),
        ("looks-up", "getFolder:getFolder is looked up"),
        ("refused", "Missing required property 'location'"),
    ],
)
def test_a_program_that_fails_is_told_with_its_own_words(fault: str, told: str) -> None:
    with pytest.raises(ProgramFailed, match=told):
        tiny(fault=fault).record()


def test_warnings_of_the_program_are_recorded() -> None:
    assert tiny(fault="warns").record().warnings == ("something is deprecated",)


def test_a_program_that_assumes_a_value_is_unknown_only_in_a_preview() -> None:
    """Code within `apply` does not run on what is unknown, so that only its result is."""
    known = tiny(fault="assumes").record()
    unknown = tiny(fault="assumes", preview=True).record()

    assert known.exports["assumed"] == "OTHER"
    assert unknown.exports["assumed"] == Unknown()


def test_a_preview_that_hides_something_is_found_out(up: Recording, preview: Recording) -> None:
    hidden = list(surprises(tiny(fault="hides", preview=True).record(), tiny(fault="hides").record()))

    assert "gcp:storage/bucket:Bucket hidden-bucket is not shown" in hidden
    assert list(surprises(preview, up)) == []
