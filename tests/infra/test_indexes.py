"""Indexes and expiry as declared, as documented, and as the code needs them."""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from google.cloud import firestore

from infra.archives import REPOSITORY
from infra.components.indexes import (
    ASCENDING,
    COMPOSITES,
    CONTAINS,
    DESCENDING,
    EXPIRY,
    GROUPS,
    CompositeIndex,
    Scope,
)
from tests.infra import asking
from tests.infra.asking import Heard
from tests.infra.index_rules import Needed, needed
from tests.infra.recording_firestore import recording

FIELD = re.compile(r"`(\w+)`( \(array\))?( descending)?")
ELSEWHERE = re.compile(r"collection (group )?`(\w+)`: ")


@pytest.fixture(scope="module")
def heard() -> Iterator[Heard]:
    """All that the code asks and writes."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield asking.everything(monkeypatch)


@pytest.fixture(scope="module")
def needs(heard: Heard) -> frozenset[Needed]:
    """What the code's queries need."""
    return frozenset(need for asked in heard.firestore.asked if (need := needed(asked)))


def indexed() -> dict[str, frozenset[str]]:
    """Return which fields have an index of their own."""
    return {group.name: frozenset(group.indexed) for group in GROUPS}


def unserved(needs: frozenset[Needed], composites: tuple[CompositeIndex, ...]) -> list[Needed]:
    """Return what no index serves, neither a composite one nor fields' own."""
    singles = indexed()
    return [
        need
        for need in needs
        if not any(map(need.is_served_by, composites))
        and not (
            need.singles()
            and need.scope == Scope.COLLECTION
            and need.singles() <= singles.get(need.group, frozenset())
        )
    ]


def test_every_place_that_makes_a_query_was_heard(heard: Heard) -> None:
    assert asking.unvisited(heard.visited) == []


def test_every_query_is_served_by_an_index(needs: frozenset[Needed]) -> None:
    assert unserved(needs, COMPOSITES) == []


@pytest.mark.parametrize("index", COMPOSITES, ids=lambda index: index.name)
def test_no_composite_index_is_superfluous(index: CompositeIndex, needs: frozenset[Needed]) -> None:
    others = tuple(each for each in COMPOSITES if each != index)
    assert unserved(needs, others) != []


def test_no_field_has_an_index_of_its_own_that_no_query_uses(needs: frozenset[Needed]) -> None:
    used = {(need.group, field) for need in needs for field in need.singles()}
    assert {(group.name, field) for group in GROUPS for field in group.indexed} == used


def test_every_collection_that_is_written_is_declared_and_no_other(heard: Heard) -> None:
    assert {group for group, _ in written(heard)} == {group.name for group in GROUPS}


def test_exactly_the_documents_that_say_when_they_expire_do(heard: Heard) -> None:
    expiring = {group for group, fields in written(heard) if EXPIRY in fields}
    assert {group.name for group in GROUPS if group.expires} == expiring


def test_no_field_that_may_be_long_or_grows_with_time_has_an_index_of_its_own() -> None:
    assert indexed()["jobs"].isdisjoint({"prompt", "config", "metadata", "created_at", EXPIRY})


def test_the_documented_indexes_are_those_that_are_made() -> None:
    composites = {index for cell in documented() for index in composites_of(cell)}
    assert composites == set(COMPOSITES)


def test_the_documented_indexes_of_single_fields_are_those_that_are_made() -> None:
    singles = {single for cell in documented() for single in singles_of(cell)}
    assert singles == {(group.name, field) for group in GROUPS for field in group.indexed}


PLANTED: Mapping[str, Callable[[firestore.Client], firestore.Query]] = {
    "of a field without an index": lambda db: _where(db.collection("jobs"), "trace_id"),
    "in another order": lambda db: _where(db.collection("jobs"), "status").order_by(
        "created_at", direction=firestore.Query.DESCENDING
    ),
    "of all collections of a name": lambda db: _where(db.collection_group("jobs"), "owner"),
    "of a collection that nobody knows": lambda db: _where(db.collection("news"), "owner"),
}


@pytest.mark.parametrize("query", PLANTED.values(), ids=PLANTED.keys())
def test_a_query_that_nothing_serves_is_found(query: Callable[[firestore.Client], firestore.Query]) -> None:
    with recording({}) as (client, recorded):
        query(client).get()
    (need,) = map(needed, recorded.asked)
    assert need is not None
    assert unserved(frozenset({need}), COMPOSITES) == [need]


def _where(query: firestore.Query | firestore.CollectionReference, field: str) -> firestore.Query:
    found: firestore.Query = query.where(filter=firestore.FieldFilter(field, "==", "x"))
    return found


def documented() -> list[str]:
    """Return what docs/architecture.md says under "Queries" of each query's index."""
    text = (REPOSITORY / "docs" / "architecture.md").read_text("utf-8")
    section = text.partition("\n## Queries\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (?!query \|)(?!---).+ \| (.+) \|$", section, re.MULTILINE)
    assert rows
    return [str(row) for row in rows]


def singles_of(cell: str) -> Iterator[tuple[str, str]]:
    """Read the collections and fields that have an index of their own out of one cell of that table."""
    if "by itself" in cell:
        elsewhere = ELSEWHERE.match(cell)
        for field, *_ in FIELD.findall(cell[elsewhere.end() if elsewhere else 0 :]):
            yield elsewhere[2] if elsewhere else "jobs", field


def composites_of(cell: str) -> Iterator[CompositeIndex]:
    """Read the composite indexes out of one cell of that table."""
    if "by itself" in cell:
        return
    elsewhere = ELSEWHERE.match(cell)
    group, scope = "jobs", Scope.COLLECTION
    if elsewhere:
        group, scope = elsewhere[2], Scope.GROUP if elsewhere[1] else Scope.COLLECTION
    sentence = cell[elsewhere.end() if elsewhere else 0 :].partition(". ")[0]
    fields = [
        (name, CONTAINS if array else DESCENDING if descending else ASCENDING)
        for name, array, descending in FIELD.findall(sentence)
    ]
    yield CompositeIndex(group, tuple(fields), scope)
    if "in both orders" in sentence:
        yield CompositeIndex(group, (*fields[:-1], (fields[-1][0], DESCENDING)), scope)


def written(heard: Heard) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the collection and the fields of every document that was written."""
    for write in heard.firestore.told:
        path = write.update.name
        if path:
            fields = {*write.update.fields, *(each.field_path for each in write.update_transforms)}
            yield path.split("/")[-2], frozenset(fields)
