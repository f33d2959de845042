"""Reads a file from standard input; writes what is kept of it, or what is wrong with it."""

import json
import os
import sys
from collections.abc import Callable

from services.payments.receipts.domain import MOST_BYTES, MOST_MEMORY, MOST_SECONDS_OF_WORK, Kind, Problem, looks_like
from services.payments.receipts.drawing.kept import Kept, Unfit
from shared.apart import bound_this_process


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints is not our answer
    data = sys.stdin.buffer.read(MOST_BYTES + 1)
    kind = looks_like(data)
    draw = _drawing_of(kind)
    _bound_this_process()
    try:
        kept = draw(data)
        head = {"media_type": kept.media_type, "picture_hash": kept.picture_hash}
        content = kept.content
    except Unfit as unfit:
        head, content = {"problem": unfit.problem, "pages": unfit.pages}, b""
    except MemoryError:
        head, content = {"problem": Problem.TOO_LARGE, "pages": 0}, b""
    except Exception:  # whatever a decoder trips over, we do not accept the file as a receipt
        head, content = {"problem": Problem.UNREADABLE, "pages": 0}, b""
    answers.write(json.dumps(head).encode() + b"\n")
    answers.write(content)
    answers.close()
    os._exit(0)  # shutting down a library that was stopped half-way may crash


def _drawing_of(kind: Kind) -> Callable[[bytes], Kept]:
    """Imported before the limits apply: a library is not part of what a file costs."""
    if kind is Kind.PDF:
        from services.payments.receipts.drawing.pdfs import draw
    else:
        from services.payments.receipts.drawing.pictures import draw
    return draw


def _bound_this_process() -> None:
    bound_this_process(seconds_of_work=MOST_SECONDS_OF_WORK, more_memory=MOST_MEMORY)


if __name__ == "__main__":
    main()
