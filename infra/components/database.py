"""Firestore, which holds all state: the database, its indexes, expiry and backups, and who may use it.

It knows no document; which fields there are to index is data in `indexes.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import firestore, projects

from infra.components.indexes import COMPOSITES, CONTAINS, EXPIRY, GROUPS, CompositeIndex, Group

DEFAULT = "(default)"
"""The one name that client libraries need not be told."""

DAILY_KEPT_SECONDS = 7 * 24 * 60 * 60
WEEKLY_KEPT_SECONDS = 5 * 7 * 24 * 60 * 60
"""At most 14 weeks. What users delete stays in backups for as long.
Source: https://cloud.google.com/firestore/native/docs/backups, 2026-11."""


@dataclass(frozen=True)
class DatabaseArgs:
    """Where, and for whom."""

    region: str
    """It can never be changed."""
    users: Mapping[str, pulumi.Output[str]]
    """Name -> member that reads and writes documents."""


class Database(pulumi.ComponentResource):
    """The database. Neither Pulumi nor Google's API deletes it before its protection is taken off."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:database:Database", name, None, opts)
        self._mine = pulumi.ResourceOptions(parent=self)
        database = firestore.Database(
            f"{name}-firestore",
            name=DEFAULT,
            location_id=args.region,
            type="FIRESTORE_NATIVE",
            concurrency_mode="OPTIMISTIC",
            point_in_time_recovery_enablement="POINT_IN_TIME_RECOVERY_ENABLED",
            delete_protection_state="DELETE_PROTECTION_ENABLED",
            deletion_policy="ABANDON",
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        for index in COMPOSITES:
            self._index(name, database, index)
        for group in GROUPS:
            self._fields(name, database, group)
        self._backups(name, database)
        for who, member in args.users.items():
            projects.IAMMember(
                f"{name}-used-by-{who}",
                project=database.project,
                role="roles/datastore.user",
                member=member,
                opts=self._mine,
            )
        self.register_outputs({})

    def _index(self, name: str, database: firestore.Database, index: CompositeIndex) -> None:
        firestore.Index(
            f"{name}-{index.name}",
            database=database.name,
            collection=index.group,
            query_scope=index.scope,
            fields=[
                firestore.IndexFieldArgs(field_path=field, array_config=order)
                if order == CONTAINS
                else firestore.IndexFieldArgs(field_path=field, order=order)
                for field, order in index.fields
            ],
            opts=self._mine,
        )

    def _fields(self, name: str, database: firestore.Database, group: Group) -> None:
        """Say of each field of a group whether it has an index of its own, and of its expiry."""

        def field(
            short: str,
            path: str,
            indexes: list[firestore.FieldIndexConfigIndexArgs],
            ttl: firestore.FieldTtlConfigArgs | None = None,
        ) -> None:
            firestore.Field(
                f"{name}-{group.name}-{short}",
                database=database.name,
                collection=group.name,
                field=path,
                index_config=firestore.FieldIndexConfigArgs(indexes=indexes or None),
                ttl_config=ttl,
                opts=self._mine,
            )

        ascending = firestore.FieldIndexConfigIndexArgs(order="ASCENDING", query_scope="COLLECTION")
        field("unindexed", "*", [])
        for each in group.indexed:
            field(each, each, [ascending])
        if group.expires:
            field("expires", EXPIRY, [], firestore.FieldTtlConfigArgs())

    def _backups(self, name: str, database: firestore.Database) -> None:
        """Besides, the last 7 days can be read as they were at any minute."""
        firestore.BackupSchedule(
            f"{name}-daily-backup",
            database=database.name,
            retention=f"{DAILY_KEPT_SECONDS}s",
            daily_recurrence=firestore.BackupScheduleDailyRecurrenceArgs(),  # type: ignore[no-untyped-call]  # generated
            opts=self._mine,
        )
        firestore.BackupSchedule(
            f"{name}-weekly-backup",
            database=database.name,
            retention=f"{WEEKLY_KEPT_SECONDS}s",
            weekly_recurrence=firestore.BackupScheduleWeeklyRecurrenceArgs(day="SUNDAY"),
            opts=self._mine,
        )
