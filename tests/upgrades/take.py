"""Keep the data that one landing leaves behind, so that every later program is tried on it.

    .venv/bin/chorus demo --alone --once --directory FOLDER     # with the program of that landing
    .venv/bin/python -m tests.upgrades.take FOLDER/demo NAME

writes tests/upgrades/NAME/SERVICE.sql.gz: tables, rights and rows, as pg_dump says them. The demo's people are
invented.
"""

import gzip
import subprocess
import sys
from pathlib import Path

from deploy.local.servers import PostgresServer, postgres_programs
from deploy.provisioning.parts import DATABASES

HERE = Path(__file__).parent


def take(directory: Path, name: str) -> None:
    """directory: one organisation's folder, which is stopped. name: the landing's day, 2026-11-22."""
    target = HERE / name
    target.mkdir()
    server = PostgresServer(directory / "postgres").start()
    try:
        for database in DATABASES:
            dump = [str(postgres_programs() / "pg_dump"), "--no-owner", "--dbname", server.admin_url(database)]
            said = subprocess.run(dump, capture_output=True, check=True, timeout=120).stdout
            (target / f"{database}.sql.gz").write_bytes(gzip.compress(said, mtime=0))
    finally:
        server.stop()


if __name__ == "__main__":
    take(Path(sys.argv[1]), sys.argv[2])
