"""Where a region is kept on one machine: who may pass its folders."""

import pwd
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.local.region import Region
from deploy.provisioning import files


def test_the_account_of_database_and_broker_may_pass_the_folder_above_a_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root starts them: they hold data below it, and list nothing on the way."""
    monkeypatch.setattr(files, "server_account", lambda: pwd.getpwnam("nobody"))
    region = Region(tmp_path / ".chorus" / "region", [])
    logs = region.directory / "logs"
    monkeypatch.setattr(
        region, "preloaded", SimpleNamespace(begin=lambda: files.close_folder(logs))
    )  # the first thing that is made
    region._begin()
    assert [folder.stat().st_mode & 0o777 for folder in (region.directory.parent, region.directory)] == [0o711, 0o711]
