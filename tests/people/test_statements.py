"""No page of people takes a statement for each row."""

from collections.abc import Awaitable, Callable
from functools import partial

import httpx

from shared.identity import Role
from tests.people.support import World, a_person
from tests.people.test_given_lists import HEAD, HERE, give
from tests.support.apps import signed_in
from tests.support.statements import counted

PAGES = ("/people/staff/people", "/people/staff/roles", "/people/staff/door", HERE, "/people/me", "/people/me/sign-ins")
_SIGN_IN = (
    "INSERT INTO sessions (id, person_id, began_at, expires_at, device) VALUES (gen_random_uuid(), :me, now(), "
    "now() + interval '1 hour', 'A browser')"
)
_CONSENT = (
    "INSERT INTO consents (id, person_id, purpose, text_version, given_at, withdrawn_at) VALUES "
    "(gen_random_uuid(), :me, 'joining', '1', now(), now())"
)
_DOOR = (
    "INSERT INTO doors (id, client, opened_by, opened_at, until) VALUES (gen_random_uuid(), :client, :me, now(), "
    "now() + interval '1 hour')"
)
_HELPED = (
    "INSERT INTO steps (id, kind, what, about, caused_by, actor_kind, actor_id, business_at, facts)"
    " VALUES (gen_random_uuid(), 'change', 'helps-someone', :me, gen_random_uuid(), 'person', :me, now(), '{}')"
)
_ROLES = (
    "INSERT INTO role_requests (id, version, person_id, give, take, filed_at) VALUES (gen_random_uuid(), 1, "
    ":other, ARRAY['finance'], ARRAY[]::text[], now())"
)
_LIST = (
    "INSERT INTO given_lists (id, given_by, state, problems, expires_at) VALUES (gen_random_uuid(), :me, 'done', "
    "'[]', now() + interval '1 day')"
)


async def fewest(people: World, ask: Callable[[], Awaitable[httpx.Response]]) -> tuple[httpx.Response, int]:
    """The answer, and its statements: the fewest of three, since jobs look around meanwhile."""
    counts: list[int] = []
    for _ in range(3):
        with counted(people.database) as seen:
            answer = await ask()
        assert answer.status_code < 400 or "Is it one of these?" in answer.text
        counts.append(len(seen))
    return answer, min(counts)


async def test_pages_take_as_many_statements_for_twelve_rows_as_for_three(people: World) -> None:
    me = await a_person(people, "Cora", "cora@example.org", roles=["coordinator", "operator", "administrator"])
    taken: list[list[int]] = []
    for number, first in ((3, 0), (9, 3)):
        for each in range(first, first + number):
            other = await a_person(people, f"Ash {each}", None, phone=f"07700 900{each:03}")
            for statement in (_SIGN_IN, _CONSENT, _HELPED, _LIST):
                await people.write(statement, me=me)
            await people.write(_DOOR, me=me, client=bytes([each]))
            await people.write(_ROLES, other=other)
        signed_in(people.client, Role.COORDINATOR, Role.OPERATOR, Role.ADMINISTRATOR, person_id=me)
        taken.append([(await fewest(people, partial(people.client.get, path)))[1] for path in PAGES])
    assert taken[0] == taken[1]


async def test_peo_04_questions_about_nine_rows_take_as_many_statements_as_about_three(people: World) -> None:
    taken: list[tuple[int, int]] = []
    for many in (3, 9):
        for number in range(many):
            await a_person(people, f"Ash {many} {number}", None, phone=f"07700 9{many:02}{number:03}")
        where = await give(
            people, HEAD + "".join(f"A Person{many}x{number},,07700 9{many:02}{number:03}\n" for number in range(many))
        )
        shown, asking = await fewest(people, partial(people.client.get, f"{where}/questions"))
        assert shown.text.count("Somebody new") == many
        answers = {f"answer-{row + 2}-0": "new" for row in range(many)}
        _, answering = await fewest(people, partial(people.client.post, f"{where}/questions", data=answers))
        taken.append((asking, answering))
    assert taken[0] == taken[1]
    assert len(await people.steps("near-match-read")) == 3 * (3 + 9)


async def test_peo_04_adding_somebody_like_twelve_takes_as_many_statements_as_like_three(people: World) -> None:
    signed_in(people.client, Role.COORDINATOR)
    somebody, taken = {"name": "Robin", "phone": "07700 900111", "over_18": "yes", "agreed": "yes"}, list[int]()
    for many in (3, 9):
        for number in range(many):
            await a_person(people, f"Robin {number} {many}", None, phone="07700 900111")
        answer, statements = await fewest(
            people, partial(people.client.post, "/people/staff/people/new", data=somebody)
        )
        assert "Is it one of these?" in answer.text
        taken.append(statements)
    assert taken[0] == taken[1]
