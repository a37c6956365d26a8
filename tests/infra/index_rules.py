"""Which index Firestore needs for a query, by its documented rules.

Sources: https://cloud.google.com/firestore/native/docs/query-data/index-overview,
.../query-data/queries#compound_and_queries, .../query-data/multiple-range-fields and
.../query-data/aggregation-queries, 2026-11. It knows no query of ours.
"""

from typing import NamedTuple

from google.cloud.firestore_v1 import types

from infra.components.indexes import ASCENDING, CONTAINS, DESCENDING, CompositeIndex, Scope
from tests.infra.recording_firestore import Asked

NAME = "__name__"
"""The path of the document, which every index ends with."""

_Op = types.StructuredQuery.FieldFilter.Operator
_UnaryOp = types.StructuredQuery.UnaryFilter.Operator
EQUAL = {_Op.EQUAL, _Op.IN}
"""`IN` is several queries in one, each with an equality."""
UNEQUAL = {_Op.LESS_THAN, _Op.LESS_THAN_OR_EQUAL, _Op.GREATER_THAN, _Op.GREATER_THAN_OR_EQUAL}


class Needed(NamedTuple):
    """What an index must have to serve a query."""

    group: str
    scope: Scope
    equal: frozenset[tuple[str, str]]
    """Fields that come first, in any order."""
    ordered: tuple[tuple[str, str], ...] = ()
    """Fields that follow, in this order."""

    def is_served_by(self, index: CompositeIndex) -> bool:
        """Tell whether one composite index does."""
        count = len(self.equal)
        same_place = (index.group, index.scope) == (self.group, self.scope)
        return same_place and set(index.fields[:count]) == self.equal and index.fields[count:] == self.ordered

    def singles(self) -> frozenset[str]:
        """Return the fields whose own indexes, merged, serve the query; none: it needs a composite one."""
        fields = [*self.equal, *self.ordered]
        is_merged = not self.ordered and all(order == ASCENDING for _, order in self.equal)
        return frozenset(field for field, _ in fields) if is_merged or len(fields) == 1 else frozenset()


class _Filters(NamedTuple):
    equal: set[str]
    contains: set[str]
    unequal: set[str]


def needed(asked: Asked) -> Needed | None:
    """Return what a query needs; None if it only walks through documents by their names.

    Raises:
        NotImplementedError: it asks in a way of which the rules are not written down here.
    """
    query = asked.query
    (source,) = query.from_
    filters = _Filters(set(), set(), set())
    if "where" in query:
        _collect(query.where, filters)
    equal = {(field, ASCENDING) for field in filters.equal} | {
        (field, CONTAINS) for field in filters.contains
    }
    ordered = _ordered(query, filters, asked.summed)
    if not equal and not ordered:
        return None
    scope = Scope.GROUP if source.all_descendants else Scope.COLLECTION
    return Needed(source.collection_id, scope, frozenset(equal), ordered)


def _collect(where: types.StructuredQuery.Filter, into: _Filters) -> None:
    if "composite_filter" in where:
        if where.composite_filter.op != types.StructuredQuery.CompositeFilter.Operator.AND:
            raise NotImplementedError("only AND")
        for each in where.composite_filter.filters:
            _collect(each, into)
    elif "unary_filter" in where:
        if where.unary_filter.op != _UnaryOp.IS_NULL:
            raise NotImplementedError(str(where.unary_filter.op))
        into.equal.add(where.unary_filter.field.field_path)
    else:
        field, op = where.field_filter.field.field_path, where.field_filter.op
        if op in EQUAL:
            into.equal.add(field)
        elif op == _Op.ARRAY_CONTAINS:
            into.contains.add(field)
        elif op in UNEQUAL:
            into.unequal.add(field)
        else:
            raise NotImplementedError(str(op))


def _ordered(
    query: types.StructuredQuery, filters: _Filters, summed: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Return the order of the results: as asked for, then fields in ranges by name, then those summed."""
    descending = types.StructuredQuery.Direction.DESCENDING
    asked = {
        each.field.field_path: DESCENDING if each.direction == descending else ASCENDING
        for each in query.order_by
    }
    last = next(reversed(asked.values()), ASCENDING)
    implied = {field: last for field in sorted(filters.unequal) if field not in asked}
    added = {field: ASCENDING for field in summed if field not in asked | implied}
    return tuple((field, order) for field, order in (asked | implied | added).items() if field != NAME)
