"""The limits that slow down guessing."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from limits import RateLimitItem, parse

from services.people.domain.limits import Bound
from services.people.settings import Settings


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits, also behind an open door, and how addresses and connections are hidden in the counts."""

    rates: Mapping[Bound, RateLimitItem]
    with_door: RateLimitItem
    hide: Callable[[str], bytes]


def bounds_of(settings: Settings, key: bytes) -> Bounds:
    rates: dict[Bound, RateLimitItem] = {
        "per-address": parse(settings.sign_in_limit_per_address),
        "per-address-anywhere": parse(settings.sign_in_limit_per_address_anywhere),
        "per-client": parse(settings.sign_in_limit_per_client),
        "per-sign-in": parse(settings.second_step_limit),
        "per-person": parse(settings.second_step_limit_anywhere),
    }
    return Bounds(
        rates, parse(settings.sign_in_limit_with_door), lambda whose: hmac.digest(key, whose.encode(), "sha256")
    )
