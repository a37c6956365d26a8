"""What must not be lost, and what a mistaken command must not take away.

It knows the types of what holds data.
"""

from collections.abc import Iterator

from tests.infra.policies.policy import Policy, policy, wrong
from tests.infra.recording import Recording

DATABASE = "gcp:firestore/database:Database"
BACKUPS = "gcp:firestore/backupSchedule:BackupSchedule"
BUCKET = "gcp:storage/bucket:Bucket"
MEDIA = "ttv:media:Media"


@policy("All state of all jobs is in it, and what was paid.")
def the_database_outlives_mistakes(recording: Recording) -> Iterator[str]:
    wanted = {
        "type": "FIRESTORE_NATIVE",
        "deleteProtectionState": "DELETE_PROTECTION_ENABLED",
        "pointInTimeRecoveryEnablement": "POINT_IN_TIME_RECOVERY_ENABLED",
        "deletionPolicy": "ABANDON",
    }
    for database in recording.of_type(DATABASE):
        for name, value in wanted.items():
            if database.at(name) != value:
                yield wrong(database, f"{name} is {database.at(name)}, not {value}")
        if not database.protect:
            yield wrong(database, "is not protected from `pulumi destroy`")


@policy("Point-in-time recovery reaches back a week at most, and lives in the database itself.")
def the_database_is_backed_up(recording: Recording) -> Iterator[str]:
    saved = {backups.at("database") for backups in recording.of_type(BACKUPS)}
    for database in recording.of_type(DATABASE):
        if database.at("name") not in saved:
            yield wrong(database, "has no backup schedule")


@policy("What users made is kept until its time is over.")
def media_outlive_mistakes(recording: Recording) -> Iterator[str]:
    for bucket in recording.of_type(BUCKET):
        if bucket.at("forceDestroy") is True:
            yield wrong(bucket, "would be destroyed with all that is in it")
        if f"{MEDIA}$" in bucket.urn and not bucket.protect:
            yield wrong(bucket, "is not protected from `pulumi destroy`")


@policy("A deployment without them would be no deployment; the other checks would all pass.")
def what_holds_data_is_there(recording: Recording) -> Iterator[str]:
    if len(recording.of_type(DATABASE)) != 1:
        yield f"{len(recording.of_type(DATABASE))} databases"
    if not any(f"{MEDIA}$" in bucket.urn for bucket in recording.of_type(BUCKET)):
        yield "no bucket of media"


POLICIES: tuple[Policy, ...] = (
    the_database_outlives_mistakes,
    the_database_is_backed_up,
    media_outlive_mistakes,
    what_holds_data_is_there,
)
