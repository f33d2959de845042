"""What of passkeys can be told without a browser."""

import pytest

from services.people.domain.passkeys import Site, counter_fell
from services.people.gateways.passkeys import site_of


@pytest.mark.parametrize(
    ("public_url", "site"),
    [
        ("https://voices.example.org", Site("voices.example.org", "https://voices.example.org")),
        ("https://Voices.Example.org:443/", Site("voices.example.org", "https://voices.example.org")),
        ("https://voices.example.org:8443", Site("voices.example.org", "https://voices.example.org:8443")),
        ("https://bücher.example", Site("xn--bcher-kva.example", "https://xn--bcher-kva.example")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("http://sun.localhost:8000", Site("sun.localhost", "http://sun.localhost:8000")),
        ("http://voices.example.org", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]:8443", None),
        ("https://", None),
        ("https://voices.example.org:port", None),
    ],
)
def test_a_passkey_is_bound_to_the_name_in_our_own_public_address(public_url: str, site: Site | None) -> None:
    assert site_of(public_url) == site


@pytest.mark.parametrize(
    ("known", "told", "fell"), [(0, 0, False), (0, 1, False), (3, 4, False), (3, 3, True), (3, 2, True), (3, 0, True)]
)
def test_a_counter_that_does_not_count_up_fell(known: int, told: int, fell: bool) -> None:
    assert counter_fell(known, told) is fell
