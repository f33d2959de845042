"""Wherever a visitor may post, it is counted, and counts are forgotten: wired once, and no service's to remember."""

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, package_of
from shared.db import SYSTEM, Command, Database
from tests.architecture.test_access import instance

__all__ = ["instance"]

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("part", DATABASES)
async def test_every_service_counts_and_forgets_whether_its_app_thinks_of_it_or_not(
    part: str, instance: Instance, service_database: Callable[[str], str]
):
    module: Any = import_module(f"{package_of(part)}.app")
    service = module.create_app(module.Settings.load(instance.env_file(part))).state.service
    [job] = [job for job in service.jobs if job.name == "forget-old-counts"]
    database = Database(service_database(part))

    async def count_and_forget(tx: Any) -> int:
        await tx.execute(_statement("INSERT INTO limit_counts VALUES ('x', '', now() - interval '9 days', 1)"))
        await tx.execute(_statement("INSERT INTO limit_counts VALUES ('x', '', now(), 1)"))
        await job.work(tx)
        return await tx.scalar(_statement("SELECT count(*) FROM limit_counts"))

    try:
        assert await database.run(Command("count-and-forget", SYSTEM), count_and_forget) == 1
    finally:
        await database.close()


def _statement(sql: str) -> Any:
    return import_module("sqlalchemy").text(sql)


def test_no_service_wires_by_itself_what_every_service_does():
    apps = [*ROOT.glob("services/*/app.py")]
    assert len(apps) == len(DATABASES)
    assert [path.name for path in apps if re.search(r"forget_counts|forget-old-counts", path.read_text())] == []
