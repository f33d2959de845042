"""The rules of taking in a list of people, without a database."""

from typing import Any

import pytest

from services.people.domain import matching
from services.people.domain.importing import import_changes, reasons_not_to_import
from services.people.domain.roles import roles_in_order

AREAS = ("Ely", "March")


def fields(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


# Importing


def row(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Ada",
        "known_as": "",
        "email": "ada@example.org",
        "phone": "",
        "roles": ["participant"],
        "area": "Ely",
        "channels": ["email"],
        "format": "plain",
        "over_18": None,
        "ruled_out_kinds": [],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "has_email", "expected"),
    [
        ({}, True, []),
        ({"email": None, "phone": "07700 900123", "channels": ["in-app"]}, False, []),
        ({"over_18": True}, True, []),
        ({"over_18": False}, True, [("PEO-03", "over_18")]),
        ({"email": "ada"}, True, [("PEO-01", "email")]),
        ({"email": None, "channels": ["in-app"]}, False, [("PEO-01", "email")]),
        ({"ruled_out_kinds": ["party"], "area": "Mars"}, True, [("PEO-01", "area"), ("PEO-01", "ruled_out_kinds")]),
        ({"roles": ["boss"]}, True, [("ROLES", "roles")]),
        ({"roles": ["participant", "approver"]}, True, []),
        ({"email": None, "phone": "07700 900123"}, False, [("NOT-01", "channels")]),
        (
            {"email": None, "phone": "07700 900123", "channels": ["in-app"], "roles": ["approver"]},
            False,
            [("ROLES", "roles")],
        ),
    ],
)
def test_an_imported_row_says_only_what_the_person_could_say(
    changes: dict[str, Any], has_email: bool, expected: list[Any]
) -> None:
    assert fields(reasons_not_to_import(row(**changes), has_email=has_email, areas=AREAS)) == expected


def test_a_row_imported_twice_changes_nothing_even_if_the_person_changed_their_mind_in_between() -> None:
    imported = {"area": "Ely", "discreet": False}
    assert import_changes(imported, ["area"], imported, {"area": "March", "discreet": True}) == {}


def test_a_row_that_the_organisation_changed_changes_that_alone() -> None:
    last, held = {"area": "Ely", "discreet": False}, {"area": "Ely", "discreet": True}
    assert import_changes({"area": "March", "discreet": False}, ["area"], last, held) == {"area": "March"}
    assert import_changes({"area": "March", "discreet": False}, [], last, held) == {}


def test_a_row_that_says_what_we_hold_already_changes_nothing() -> None:
    assert import_changes({"area": "March"}, ["area"], {"area": "Ely"}, {"area": "March"}) == {}


def test_someone_never_imported_takes_what_differs_from_what_we_hold() -> None:
    row, held = (
        {"area": "March", "phone": "", "discreet": False},
        {"area": "Ely", "phone": "07700 900123", "discreet": False},
    )
    assert import_changes(row, ["area", "discreet"], None, held) == {"area": "March"}


def test_roles_are_kept_once_each_and_in_one_order() -> None:
    assert roles_in_order(["finance", "participant", "boss", "finance", "alien"]) == [
        "participant",
        "finance",
        "alien",
        "boss",
    ]


def test_peo_04_every_near_match_of_a_list_is_answered_first():
    assert matching.reasons_not_to_take_in(3, 3) == []
    assert [reason.text for reason in matching.reasons_not_to_take_in(3, 2)] == ["Answer the one left first"]
    assert [reason.text for reason in matching.reasons_not_to_take_in(3, 1)] == ["Answer all 2 left first"]
