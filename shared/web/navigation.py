"""Which links each page shows to whom, and which of them leads here. They are only links; the route decides what each
person may do."""

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
_HOME, _MESSAGES = Link("Home", "/"), Link("Messages", "/notifications/messages")
_BY_ROLE: dict[str, list[Link]] = {
    "participant": [
        Link("What’s on", "/opportunities"),
        Link("My places", "/opportunities/mine"),
        Link("My claims", "/payments/claims"),
        _MESSAGES,
        Link("Give feedback", "/feedback/give"),
        Link("My feedback", "/feedback/mine"),
    ],
    "coordinator": [
        Link("Opportunities", "/opportunities/staff"),
        Link("Feedback", "/feedback/staff"),
        Link("Network", "/opportunities/staff/network"),
        Link("People", "/people/staff/people"),
        Link("Messages that did not arrive", "/notifications/staff"),
    ],
    "approver": [Link("Claims to approve", "/payments/approve")],
    "finance": [Link("Payment runs", "/payments/runs"), Link("Recharges", "/payments/recharges")],
    "operator": [Link("System", "/operator")],
    "administrator": [Link("People", "/people/staff/people")],
}

_HELP_NOW = Link("Help now", "/help-now")
_ACCOUNT = [_HELP_NOW, Link("My details", "/people/me"), Link("Sign out", "/people/sign-out")]
_WAYS_IN = [_HELP_NOW, Link("Join", "/people/join"), Link("Sign in", "/people/sign-in")]
FOOT = [
    _HELP_NOW,
    Link("Worried about somebody’s safety", "/feedback/worry"),
    Link("Contact us", "/contact"),
    Link("Easy read", "/easy-read"),
    Link("How we pay", "/payments/policy"),
    Link("Look up an answer", "/feedback/look-up"),
    Link("Accessibility", "/accessibility"),
    Link("Privacy", "/privacy"),
]


def account_for(roles: Collection[str] | None) -> list[Link]:
    """The links beside the organisation's name."""
    return _WAYS_IN if roles is None else _ACCOUNT


def links_for(roles: Collection[str] | None) -> list[Link]:
    """The header's links for someone with these roles; None for a visitor. One address is never shown twice."""
    if roles is None:
        return _EVERYONE
    by_role = [link for role, own in _BY_ROLE.items() if role in roles for link in own]
    return list(dict.fromkeys([_HOME, *by_role, _MESSAGES]))


_LIES_UNDER = {
    "/opportunities": ["/opportunities", "/opportunities/staff"],
    "/opportunities/places": ["/opportunities/mine"],
    "/payments/bank-details": ["/payments/claims"],
    "/payments/my-limit": ["/payments/claims"],
    "/payments/receipts": ["/payments/claims"],
    "/payments/bank-statement": ["/payments/runs"],
    "/payments/ledger": ["/payments/runs"],
    "/payments/confirm-details": ["/payments/runs", "/payments/approve"],
    "/payments/set-aside": ["/feedback/staff", "/"],
    "/payments/withdraw": ["/payments/runs", "/payments/approve"],
    "/feedback/staff": ["/feedback/staff", "/"],
    "/feedback/worry": ["/help-now"],
    "/notifications/staff": ["/notifications/staff", "/operator"],
    "/notifications/staff/calls": ["/"],
    "/people/staff": ["/people/staff/people", "/operator"],
    "/people/confirm": ["/people/me"],
    "/people/second-step": ["/people/me"],
}
"""Pages whose addresses begin differently from the link that they belong to: the first that somebody has."""


def mark_of(href: str, links: list[Link], path: str) -> str:
    """The aria-current of a link: "page" if it leads to this page, "true" if this page lies under it, or ""."""
    if href != current(links, path):
        return ""
    return "page" if href == path else "true"


def current(links: list[Link], path: str) -> str | None:
    """The address of the link above this page: the longest that matches."""
    had = {link.href for link in links}
    above = {href: href for href in had if _is_under(path, href)}
    for begins, under in _LIES_UNDER.items():
        if _is_under(path, begins) and (first := next((href for href in under if href in had), None)):
            above.setdefault(begins, first)
    return above[max(above, key=len)] if above else None


def _is_under(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(f"{href}/"))
