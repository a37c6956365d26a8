"""A loopback Firestore that remembers what it is asked and told, and holds nothing but a few given documents.

It speaks Google's own messages to Google's own client. It judges nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import grpc
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1 import types

SERVICE = "google.firestore.v1.Firestore"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Asked(NamedTuple):
    """One query."""

    query: types.StructuredQuery
    summed: tuple[str, ...] = ()
    """Fields that are added up."""


class RecordingFirestore:
    """What was asked and told so far."""

    def __init__(self, documents: Mapping[str, types.Document]) -> None:
        self.asked: list[Asked] = []
        self.told: list[types.Write] = []
        self._documents = documents

    def batch_get(self, request: types.BatchGetDocumentsRequest) -> Iterator[types.BatchGetDocumentsResponse]:
        """Return the given ones of the documents asked for."""
        for name in request.documents:
            held = self._documents.get(name.partition("/documents/")[2])
            if held is None:
                yield types.BatchGetDocumentsResponse(missing=name, read_time=NOW)
            else:
                found = types.Document(name=name, fields=held.fields, create_time=NOW, update_time=NOW)
                yield types.BatchGetDocumentsResponse(found=found, read_time=NOW)

    def run_query(self, request: types.RunQueryRequest) -> Iterator[types.RunQueryResponse]:
        """Find nothing."""
        self.asked.append(Asked(request.structured_query))
        yield types.RunQueryResponse(read_time=NOW)

    def run_aggregation(
        self, request: types.RunAggregationQueryRequest
    ) -> Iterator[types.RunAggregationQueryResponse]:
        """Count nothing."""
        query = request.structured_aggregation_query
        summed = tuple(each.sum.field.field_path for each in query.aggregations if "sum" in each)
        self.asked.append(Asked(query.structured_query, summed))
        nothing = {each.alias: types.Value(integer_value=0) for each in query.aggregations}
        result = types.AggregationResult(aggregate_fields=nothing)
        yield types.RunAggregationQueryResponse(result=result, read_time=NOW)

    def commit(self, request: types.CommitRequest) -> types.CommitResponse:
        """Take every write."""
        self.told.extend(request.writes)
        return types.CommitResponse(
            commit_time=NOW,
            write_results=[
                types.WriteResult(
                    update_time=NOW,
                    transform_results=[_result(each) for each in write.update_transforms],
                )
                for write in request.writes
            ],
        )


def _result(transform: types.DocumentTransform.FieldTransform) -> types.Value:
    is_increment = "increment" in transform
    return types.Value(integer_value=1) if is_increment else types.Value(timestamp_value=NOW)


@contextmanager
def recording(
    documents: Mapping[str, types.Document],
) -> Iterator[tuple[firestore.Client, RecordingFirestore]]:
    """Serve on the loopback while within, with a client that is connected.

    Args:
        documents: path such as `jobs/video_1` -> what lies there.
    """
    recorded = RecordingFirestore(documents)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([_handlers(recorded)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield _client(f"127.0.0.1:{port}"), recorded
    finally:
        server.stop(None).wait()


def _client(address: str) -> firestore.Client:
    """Return a client as the library makes it for an emulator, without setting this process's environment."""
    client = firestore.Client(project="recorded", credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]  # google-auth has none
    client._emulator_host = address
    return client


def _handlers(recorded: RecordingFirestore) -> grpc.GenericRpcHandler:
    methods: Mapping[str, grpc.RpcMethodHandler] = {
        "BatchGetDocuments": _streaming(recorded.batch_get, types.BatchGetDocumentsRequest),
        "RunQuery": _streaming(recorded.run_query, types.RunQueryRequest),
        "RunAggregationQuery": _streaming(recorded.run_aggregation, types.RunAggregationQueryRequest),
        "Commit": grpc.unary_unary_rpc_method_handler(
            lambda request, _context: recorded.commit(request),
            request_deserializer=types.CommitRequest.deserialize,
            response_serializer=_bytes_of,
        ),
    }
    return grpc.method_handlers_generic_handler(SERVICE, methods)


def _streaming(answer: Callable[[Any], Iterator[Any]], request: Any) -> grpc.RpcMethodHandler:  # noqa: ANN401  messages of many types
    return grpc.unary_stream_rpc_method_handler(
        lambda asked, _context: answer(asked),
        request_deserializer=request.deserialize,
        response_serializer=_bytes_of,
    )


def _bytes_of(message: Any) -> bytes:  # noqa: ANN401  likewise
    serialized: bytes = type(message).serialize(message)
    return serialized
