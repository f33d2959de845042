"""The receiver of spans, with OpenTelemetry's own exporter on a real address."""

import asyncio
import gzip

import httpx
import pytest
from google.rpc import status_pb2
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link
from sqlalchemy import text

from services.operators import api, otlp, spans
from services.operators.spans import Retention
from shared.db import SYSTEM, new_id
from tests.operators.support import TOKEN, operator_app, serving
from tests.operators.test_otlp import request

HEADERS = {"x-chorus-trace-token": TOKEN, "content-type": otlp.PROTOBUF}


async def _count(app, table: str) -> int:
    return await app.state.service.database.read(lambda tx: tx.scalar(text(f"SELECT count(*) FROM {table}")))


def _send(url: str, compression: Compression) -> str:
    """Two linked traces, as a service would send them; returns the second's id."""
    provider = TracerProvider(resource=Resource.create({"service.name": "payments"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(
        f"{url}/v1/traces", headers={"x-chorus-trace-token": TOKEN}, compression=compression, timeout=5
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("first") as first:
        pass
    with (
        tracer.start_as_current_span("second", links=[Link(first.get_span_context())]) as second,
        tracer.start_as_current_span("inside"),
    ):
        pass
    provider.shutdown()
    return f"{second.get_span_context().trace_id:032x}"


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
async def test_spans_and_links_of_a_real_exporter_are_kept(folder, service_database, compression):
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url:
        trace_id = await asyncio.to_thread(_send, url, compression)
        found = await app.state.service.database.read(lambda tx: spans.of_traces(tx, [trace_id]))
        assert [(span.service, span.name, len(span.links)) for span in found] == [
            ("payments", "second", 1),
            ("payments", "inside", 0),
        ]
        assert found[1].parent_id == found[0].span_id
        assert await _count(app, "spans") == 3


async def test_what_is_sent_twice_is_kept_once(folder, service_database):
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as exporter:
        body = request().SerializeToString()
        answers = await asyncio.gather(*(exporter.post("/v1/traces", content=body) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [200] * 3
        assert await _count(app, "spans") == 1


async def test_only_those_who_show_the_token_may_send(folder, service_database):
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url) as stranger:
        body = request().SerializeToString()
        for token in ({}, {"x-chorus-trace-token": "wrong"}, {"x-chorus-trace-token": ""}):
            answer = await stranger.post("/v1/traces", content=body, headers={"content-type": otlp.PROTOBUF, **token})
            assert answer.status_code == 401
        assert await _count(app, "spans") == 0


async def test_bad_input_gets_an_otlp_error_and_changes_nothing(folder, service_database):
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as exporter:
        broken = await exporter.post("/v1/traces", content=b"this is no protobuf")
        packed = await exporter.post("/v1/traces", content=b"x", headers={"content-encoding": "gzip"})
        bomb = await exporter.post(
            "/v1/traces", content=gzip.compress(b"\0" * (otlp.LARGEST + 1)), headers={"content-encoding": "gzip"}
        )
        text_body = await exporter.post("/v1/traces", content=b"x", headers={"content-type": "text/plain"})
        assert [answer.status_code for answer in (broken, packed, bomb, text_body)] == [400, 400, 413, 400]
        for answer in (broken, packed, bomb, text_body):
            assert status_pb2.Status.FromString(answer.content).code == otlp.INVALID_ARGUMENT
        empty = await exporter.post("/v1/traces", content=b"")
        assert empty.status_code == 200
        good = await exporter.post("/v1/traces", content=request().SerializeToString())
        assert good.status_code == 200
        assert await _count(app, "spans") == 1


async def test_too_many_at_once_are_asked_to_come_again(folder, service_database, monkeypatch):
    monkeypatch.setattr(api, "AT_ONCE", asyncio.Semaphore(0))
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as exporter:
        answer = await exporter.post("/v1/traces", content=request().SerializeToString())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


async def test_while_the_database_is_away_exporters_are_asked_to_come_again(folder, own_postgres):
    app = operator_app(folder, own_postgres.database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=30) as exporter:
        own_postgres.server.kill()
        answer = await exporter.post("/v1/traces", content=request().SerializeToString())
        assert answer.status_code == 503
        assert status_pb2.Status.FromString(answer.content).code == otlp.UNAVAILABLE
        own_postgres.server.start()
        answer = await exporter.post("/v1/traces", content=request().SerializeToString())
        assert answer.status_code == 200


async def test_old_spans_go_and_so_do_the_oldest_of_too_many(folder, service_database):
    app = operator_app(folder, service_database("operator"), {})
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers=HEADERS) as exporter:
        database = app.state.service.database
        for number in range(1, 7):
            sent = request(span_id=bytes([number]) * 8)
            sent.resource_spans[0].scope_spans[0].spans[0].links.add(trace_id=bytes(range(1, 17)), span_id=b"12345678")
            assert (await exporter.post("/v1/traces", content=sent.SerializeToString())).status_code == 200
        async with database.engine.begin() as connection:
            await connection.execute(
                text("UPDATE spans SET received_at = received_at - interval '40 days' WHERE span_id < '0202'")
            )
            await connection.execute(
                text(
                    "UPDATE spans SET received_at = received_at - interval '29 days' WHERE span_id = '0202020202020202'"
                )
            )
        async with database.transaction(new_id(), SYSTEM) as tx:
            await Retention(days=30, most=4).forget(tx)
        left = await database.read(lambda tx: tx.all(text("SELECT span_id FROM spans ORDER BY span_id")))
        assert [row.span_id[:2] for row in left] == ["03", "04", "05", "06"]
        assert await _count(app, "span_links") == 4
