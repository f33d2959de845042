"""What tests of claims share."""

import io
from typing import Any

import pytest
from PIL import Image

from shared.reasons import Refused


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.rule for reason in refused.value.reasons]


def picture(size: tuple[int, int] = (300, 200), kind: str = "JPEG", **options: Any) -> bytes:
    output = io.BytesIO()
    image = Image.new("RGB", size, "white")
    image.paste((20, 60, 90), (10, 10, size[0] // 2, size[1] // 2))
    image.save(output, kind, **options)
    return output.getvalue()
