"""What tests of claims share."""

import pytest

from shared.reasons import Refused


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [reason.rule for reason in refused.value.reasons]
