"""Which links the header shows to whom. They are only links; the route decides what each person may do."""

from collections.abc import Collection
from typing import NamedTuple


class Link(NamedTuple):
    text: str
    href: str


_EVERYONE = [
    Link("What’s on", "/opportunities"),
    Link("We said, we did", "/feedback/board"),
    Link("Give feedback", "/feedback/give"),
]
_SIGNED_IN = [Link("Home", "/")]
_BY_ROLE: dict[str, list[Link]] = {
    "participant": [
        Link("What’s on", "/opportunities"),
        Link("My places", "/opportunities/mine"),
        Link("My claims", "/payments/claims"),
        Link("Messages", "/notifications/messages"),
        Link("Give feedback", "/feedback/give"),
        Link("My feedback", "/feedback/mine"),
    ],
    "coordinator": [
        Link("Opportunities", "/opportunities/staff"),
        Link("Feedback", "/feedback/staff"),
        Link("Network", "/opportunities/staff/network"),
        Link("People", "/people/staff/people"),
        Link("Messages", "/notifications/staff"),
    ],
    "approver": [Link("Claims to approve", "/payments/approve")],
    "finance": [Link("Payment runs", "/payments/runs"), Link("Recharges", "/payments/recharges")],
    "operator": [Link("System", "/operator")],
    "administrator": [Link("People", "/people/staff/people")],
}


def links_for(roles: Collection[str] | None) -> list[Link]:
    """The header's links for someone with these roles; None for a visitor. One address is never shown twice."""
    if roles is None:
        return _EVERYONE
    links = _SIGNED_IN + [link for role, own in _BY_ROLE.items() if role in roles for link in own]
    if "coordinator" in roles and "participant" in roles:  # "Messages" must not name two different pages
        links = [Link("Message problems", link.href) if link.href == "/notifications/staff" else link for link in links]
    return list(dict.fromkeys(links))


_LIES_UNDER = {
    "/opportunities/places": "/opportunities/mine",
    "/payments/bank-details": "/payments/claims",
    "/payments/bank-statement": "/payments/runs",
    "/payments/confirm-details": "/payments/runs",
    "/payments/receipts": "/payments/claims",
    "/notifications/staff/calls": "/",
}
"""Pages whose addresses begin differently from the link that they belong to."""


def current(links: list[Link], path: str) -> str | None:
    """The address of the link above this page: the longest that matches."""
    for begins, under in _LIES_UNDER.items():
        if (path == begins or path.startswith(f"{begins}/")) and any(link.href == under for link in links):
            return under
    matching = [
        link.href for link in links if path == link.href or (link.href != "/" and path.startswith(f"{link.href}/"))
    ]
    return max(matching, key=len, default=None)
