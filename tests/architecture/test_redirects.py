"""No answer of any service sends a browser to another organisation, whatever the Host header says."""

from importlib import import_module
from typing import Any

import pytest

from deploy.local.instance import Instance
from deploy.provisioning.parts import package_of
from tests.architecture.test_access import PARTS, instance, routes_of  # noqa: F401
from tests.support.apps import client_of


@pytest.mark.parametrize("part", PARTS)
async def test_a_last_slash_too_many_leads_to_the_page_and_never_to_the_host_that_was_named(
    part: str, instance: Instance
):
    module: Any = import_module(f"{package_of(part)}.app")
    app = module.create_app(module.Settings.load(instance.env_file(part)))
    pages = sorted(
        {
            route.path
            for route in routes_of(app)
            if route.path and "{" not in route.path and "GET" in (route.methods or ()) and route.path != "/"
        }
    )
    assert len(pages) > 3
    async with client_of(app) as client:
        for path in pages:
            answer = await client.get(f"{path}/?next=%2Fx", headers={"host": "evil.example"}, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (307, f"{path}?next=%2Fx")
