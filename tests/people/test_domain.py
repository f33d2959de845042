"""The rules of people, without a database: cards, and who helps whom."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.people.domain.addresses import reasons_not_to_change_email
from services.people.domain.cards import card
from services.people.domain.helping import reasons_not_to_help
from services.people.domain.people import Contacts, Person, display_name

ID = UUID("01890000-0000-7000-8000-000000000001")
ADDED_BY = UUID("01890000-0000-7000-8000-000000000002")
ENTERED_BY = UUID("01890000-0000-7000-8000-000000000003")


def fields(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def texts(reasons: list[Any]) -> list[str]:
    return [reason.text for reason in reasons]


PERSON = Person(
    id=ID,
    version=4,
    name="Ada Byron",
    known_as="Addy",
    email="ada@example.org",
    area="Ely",
    roles=("participant", "approver"),
    channels=("email",),
    discreet=True,
    format="easy-read",
    paused=False,
    opted_out=("thanks",),
    ruled_out_kinds=("board",),
    ruled_out_areas=("March",),
    ruled_out_times=("evening",),
    post_changes=2,
)


# Cards


APART = "Ada Byron, Ely, our number 0001"


NAMED = {"version": 4, "name": "Addy", "roles": ["participant", "approver"], "told_apart_by": APART}


@pytest.mark.parametrize(
    ("reader", "more"),
    [
        ("opportunities", {"age_known": False, "reached_by_message": True, "by_letter": False}),
        ("feedback", {"paused": False}),
        (
            "payments",
            {
                "phone": "01632 960123",
                "phone_changed_at": "2026-11-02T09:00:00+00:00",
                "phone_before": "01632 960999",
                "phone_changes": [{"at": "2026-11-02T09:00:00+00:00", "before": "01632 960999"}],
                "email_changed_at": "2026-11-03T09:00:00+00:00",
                "added_by": str(ADDED_BY),
                "email_entered_by": str(ENTERED_BY),
                "introductions": [{"by": str(ENTERED_BY), "at": "2026-11-03T09:00:00+00:00"}],
            },
        ),
    ],
)
def test_pri_03_these_services_learn_a_name_and_roles_and_only_what_else_their_rules_ask(
    reader: Any, more: dict[str, Any]
) -> None:
    """FB-09: feedback learns who is away. PAY-10, PAY-13: payments learns whom to ring and who must not decide. Nobody
    else learns either."""
    contacts = Contacts(
        phone="01632 960123",
        phone_changes=((datetime(2026, 11, 2, 9, tzinfo=UTC), "01632 960999"),),
        email_changed_at=datetime(2026, 11, 3, 9, tzinfo=UTC),
        added_by=ADDED_BY,
        email_entered_by=ENTERED_BY,
        introductions=((ENTERED_BY, datetime(2026, 11, 3, 9, tzinfo=UTC)),),
    )
    assert card(reader, replace(PERSON, contacts=contacts)) == NAMED | more


def test_not_03_notifications_learns_how_and_what_to_tell_but_no_address() -> None:
    assert card("notifications", PERSON) == {
        "version": 4,
        "name": "Addy",
        "roles": ["participant", "approver"],
        "told_apart_by": APART,
        "ruled_out": {"kinds": ["board"], "areas": ["March"], "times": ["evening"]},
        "area": "Ely",
        "channels": ["email"],
        "discreet": True,
        "format": "easy-read",
        "opted_out": ["thanks"],
        "paused": False,
        "reached_by_message": True,
        "post_changes": 2,
    }


def test_a_person_goes_by_the_name_they_chose() -> None:
    assert display_name("Ada Byron", "Addy") == "Addy"
    assert display_name("Ada Byron", "") == "Ada Byron"


def test_peo_02_nobody_helps_themselves() -> None:
    assert reasons_not_to_help(ID, UUID(int=1), ["participant"]) == []
    assert fields(reasons_not_to_help(ID, ID, ["participant"])) == [("PEO-02", None)]
    assert texts(reasons_not_to_help(ID, ID, ["participant"])) == [
        "This is you. You can change your own details under My details"
    ]


@pytest.mark.parametrize("roles", [["participant", "approver"], ["coordinator"], []])
def test_peo_02_nobody_steps_into_a_colleagues_shoes(roles: list[str]) -> None:
    reasons = reasons_not_to_help(ID, UUID(int=1), roles)
    assert fields(reasons) == [("PEO-02", None)]
    assert texts(reasons) == ["They work here. Only participants can be helped in this way"]


def test_peo_02_a_helper_adds_a_first_address_and_never_replaces_one() -> None:
    assert reasons_not_to_change_email("ada@example.org", has_email=False, helping=True) == []
    assert reasons_not_to_change_email("ada@example.org", has_email=True, helping=False) == []
    assert fields(reasons_not_to_change_email("ada", has_email=True, helping=False)) == [("PEO-01", "email")]
    reasons = reasons_not_to_change_email("ada@example.org", has_email=True, helping=True)
    assert fields(reasons) == [("PEO-02", "email")]
    assert texts(reasons) == ["Only they can change their email address, when they have signed in themselves"]


def test_a_card_has_the_name_where_no_other_was_chosen() -> None:
    assert card("payments", replace(PERSON, known_as=""))["name"] == "Ada Byron"


def test_peo_04_an_address_of_another_record_is_not_taken_from_it():
    reasons = reasons_not_to_change_email("ada@example.org", has_email=True, helping=False, of_another=True)
    assert [(reason.rule, reason.field) for reason in reasons] == [("PEO-04", "code")]
