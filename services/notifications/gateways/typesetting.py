"""Reads the letters of a print from standard input, as JSON; writes them as one tagged PDF; nothing if Typst refuses.

    python -m services.notifications.gateways.typesetting < letters.json > letters.pdf

A process of its own, because nothing stops Typst while it runs."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from shared.apart import bound_this_process

SECONDS_OF_WORK = 60
"""Of both processors together."""
MEMORY = 4 << 30
"""Address space, of which Typst's threads reserve far more than they use."""
_TEMPLATE = Path(__file__).parent.parent / "templates" / "letters.typ"


def main() -> None:
    import typst  # 84 MB, which a service that prints nothing does not load

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not our answer
    given, fonts = sys.stdin.read(), typst.Fonts(include_system_fonts=False, font_paths=[_fonts()])
    bound_this_process(seconds_of_work=SECONDS_OF_WORK, more_memory=MEMORY)
    made: bytes = typst.compile(
        _TEMPLATE.read_bytes(), font_paths=fonts, sys_inputs={"given": given}, pdf_standards="ua-1"
    )
    answers.write(made)
    answers.close()


def _fonts() -> Path:
    spec = find_spec("font_source_sans_pro")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "files"


if __name__ == "__main__":
    main()
