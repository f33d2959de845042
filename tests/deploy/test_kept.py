"""What a service cannot take away or rewrite in its own database, from the catalogue: consents, concerns, who asked for
what, what was sent, sums."""

from collections.abc import Callable
from uuid import uuid4

import asyncpg
import pytest

from deploy.provisioning import kept
from deploy.provisioning.parts import DATABASES, OURS

EVIDENCE = {
    "people": "consents contact_changes role_requests factor_resets",
    "opportunities": "attendance_records attendances bookings_to_cancel changes contribution_records contributions "
    "guest_attendances guest_places needs notice_counts places",
    "payments": "answered_for approvals attendance_recorders bank_answers bank_details bank_words claim_changes "
    "claim_helpers claim_lines claims confirmed_people corrections funding_terms introductions journal numbers_shown "
    "overpayments payables payment_runs payments postings rates receipts recharges statements unanswered_calls "
    "withdrawals words_by_hand",
    "feedback": "concerns crossings endings imported items namings responses",
    "notifications": "messages said",
    "gateway": "",
}
"""What must be found again. `attendances` of payments is a copy, which follows the register."""

EVERYWHERE = {"outbox", "inbox", "dead_letters", "ended_sessions", "steps"}

THE_NEWEST = {
    "people": {"people": "the row of a person as they are; what changed is in contact_changes and steps"},
    "opportunities": {
        "opportunities": "as it is now; what changed is in changes",
        "shares": "what is decided now",
    },
    "payments": {
        "attendances": "a copy, in whatever order its versions come",
        "bank_entries": "what a line of a statement turned out to be; its money is in the journal",
        "cards": "a copy, in whatever order its versions come",
    },
    "notifications": {"answer_mails": "how a mail stands, and the event it comes of", "tasks": "who has it now"},
}
"""Tables that say who did something, and of which every column may be written again, each with the reason."""

_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"

_CASCADES = """
WITH RECURSIVE gone(root, name) AS (
  SELECT oid, oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND has_table_privilege(oid, 'DELETE')
  UNION
  SELECT root, conrelid FROM gone JOIN pg_constraint ON confrelid = gone.name AND contype = 'f' AND confdeltype = 'c'
)
SELECT gone.root::regclass || ' takes rows of ' || gone.name::regclass FROM gone
 WHERE NOT has_table_privilege(gone.name, 'DELETE')
UNION ALL
SELECT gone.root::regclass || ' empties columns of ' || conrelid::regclass FROM gone
  JOIN pg_constraint ON confrelid = gone.name AND contype = 'f' AND confdeltype IN ('n', 'd')
 WHERE EXISTS (SELECT FROM unnest(conkey) AS key WHERE NOT has_column_privilege(conrelid, key, 'UPDATE'))
UNION ALL
SELECT confrelid::regclass || ' renames into ' || conrelid::regclass FROM pg_constraint
 WHERE contype = 'f' AND confupdtype IN ('c', 'n', 'd') AND EXISTS (SELECT FROM unnest(confkey) AS key
   WHERE has_column_privilege(confrelid, key, 'UPDATE'))
"""
"""A foreign key acts as the owner of the table it is in, whoever deletes: it needs no right of the runtime role's."""

_ONLY = """
SELECT DISTINCT relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
 WHERE NOT tgisinternal AND tgenabled = 'O' AND tgtype & 11 = 11 AND has_table_privilege(relname::text, 'DELETE')
"""
"""tgtype: BEFORE (2) DELETE (8) for each row (1)."""

_CHANGED = """
SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
   AND has_column_privilege(attrelid, attnum, 'UPDATE')
"""

_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"

_SAYS_WHO = """
SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
 WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
   AND NOT has_table_privilege(pg_class.oid, 'DELETE')
 GROUP BY relname, pg_class.oid
HAVING bool_and(has_column_privilege(pg_class.oid, attnum, 'UPDATE'))
   AND bool_or(atttypid = 'uuid'::regtype AND attname ~ '(actor_id|_by|_by_id)$')
"""

Databases = Callable[[str], str]


async def column(url: str, sql: str, *arguments: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        return {row[0] for row in await connection.fetch(sql, *arguments)}
    finally:
        await connection.close()


@pytest.mark.parametrize("database", DATABASES)
async def test_pri_02_a_service_deletes_from_the_named_tables_alone_and_nothing_else_goes_with_them(
    service_database: Databases, database: str
):
    url = service_database(database)
    of_right = f"{_TABLES} AND (has_table_privilege(oid, 'DELETE') OR has_table_privilege(oid, 'TRUNCATE'))"
    assert await column(url, of_right) == set(kept.DELETED[database])
    assert await column(url, _CASCADES) == set()
    assert await column(url, _ONLY) == set(kept.ONLY.get(database, {}))


@pytest.mark.parametrize("database", OURS)
async def test_pri_02_a_service_changes_the_named_columns_of_its_evidence_alone(
    service_database: Databases, database: str
):
    url = service_database(database)
    reasons, fixed = {**kept.MESSAGING, **kept.CHANGED[database]}, kept.FIXED.get(database, {})
    evidence = EVERYWHERE.union(EVIDENCE[database].split())
    assert not evidence.intersection(kept.DELETED[database])
    for table in evidence | reasons.keys() | fixed.keys():
        changed, all_columns = await column(url, _CHANGED, table), await column(url, _COLUMNS, table)
        if table in reasons:
            assert changed == {name for names in reasons[table].values() for name in names}, table
        else:
            assert changed == (all_columns - set(fixed[table]) if table in fixed else set()), table
        assert all_columns >= set(fixed.get(table, ())), table
        assert all_columns > changed, table


@pytest.mark.parametrize("database", OURS)
async def test_pri_03_whoever_did_something_is_not_rewritten_but_where_a_reason_is_named(
    service_database: Databases, database: str
):
    assert await column(service_database(database), _SAYS_WHO) == set(THE_NEWEST.get(database, {}))


@pytest.mark.parametrize(
    ("database", "forbidden"),
    [
        ("people", "DELETE FROM people"),
        ("people", "DELETE FROM consents"),
        ("people", "UPDATE consents SET given_at = now()"),
        ("people", "UPDATE consents SET text_version = 'x'"),
        ("people", "UPDATE contact_changes SET old_value = ''"),
        ("people", "UPDATE contact_changes SET changed_by = NULL"),
        ("people", "UPDATE role_requests SET person_id = gen_random_uuid()"),
        ("people", "UPDATE factor_resets SET asked_by = answered_by"),
        ("people", "UPDATE sessions SET person_id = gen_random_uuid()"),
        ("opportunities", "UPDATE attendances SET participant_id = gen_random_uuid()"),
        ("opportunities", "UPDATE guest_places SET agreed_to = ''"),
        ("payments", "UPDATE payments SET amount_pence = 1"),
        ("payments", "UPDATE payments SET end_to_end_id = 'x'"),
        ("payments", "UPDATE payables SET amount_pence = 1"),
        ("payments", "UPDATE claims SET participant_id = gen_random_uuid()"),
        ("payments", "UPDATE bank_details SET sealed = ''"),
        ("payments", "UPDATE payment_runs SET made_by = sent_by"),
        ("payments", "DELETE FROM claims"),
        ("feedback", "UPDATE concerns SET why = ''"),
        ("feedback", "UPDATE responses SET text = ''"),
        ("feedback", "DELETE FROM items"),
        ("notifications", "UPDATE messages SET facts = facts"),
        ("notifications", "UPDATE said SET facts = '{}'"),
        ("notifications", "DELETE FROM cards"),
        ("gateway", "DELETE FROM keys"),
        *((database, "UPDATE outbox SET body = '{}' WHERE published_at IS NOT NULL") for database in OURS),
        *((database, "UPDATE outbox SET subject = 'x'") for database in OURS),
        *((database, "DELETE FROM outbox") for database in OURS),
        *((database, "UPDATE inbox SET event_id = gen_random_uuid()") for database in OURS),
        *((database, "UPDATE dead_letters SET body = 'x'") for database in OURS),
        *((database, "UPDATE ended_sessions SET session_id = gen_random_uuid()") for database in OURS),
        *((database, "TRUNCATE steps") for database in OURS),
    ],
)
async def test_pay_11_and_not_08_and_pri_02_a_service_is_refused_what_it_must_not_rewrite(
    service_database: Databases, database: str, forbidden: str
):
    connection = await asyncpg.connect(service_database(database))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
    finally:
        await connection.close()


_ASKED_AND_GIVEN = (
    "INSERT INTO people (id, version, name, known_as, phone, area, roles, channels, opted_out, discreet, format,"
    " paused, joined_at) SELECT id, 1, 'Amina', '', '', '', '{participant}', '{in-app}', '{}', false, 'plain', false,"
    " now() FROM (VALUES ($1::uuid), (gen_random_uuid())) AS two (id)",
    "INSERT INTO role_requests (id, version, person_id, give, take, filed_at, asked_by) VALUES"
    " ($1, 1, $1, '{finance}', '{}', now(), gen_random_uuid())",
    "INSERT INTO factor_resets (id, person_id, asked_by, asked_at) SELECT $1, $1, id, now() FROM people WHERE id <> $1",
    "INSERT INTO consents (id, person_id, purpose, text_version, given_at, recorded_by) VALUES"
    " ($1, $1, 'joining', '1', now(), $1)",
)

_SIGNED_IN = "INSERT INTO sessions (id, person_id, began_at, expires_at) VALUES ($1, $1, now(), now())"

_STANDS_ONCE = (
    "UPDATE sessions SET ended_at = clock_timestamp()",
    "UPDATE role_requests SET answer = 'refused', answered_by = gen_random_uuid(), answered_at = now()",
    "UPDATE factor_resets SET answer = 'refused', answered_by = person_id, answered_at = now()",
    "UPDATE consents SET withdrawn_at = now()",
)


async def test_pri_02_what_was_answered_or_withdrawn_and_who_added_somebody_stand(service_database: Databases):
    connection, person = await asyncpg.connect(service_database("people")), uuid4()
    try:
        for statement in (*_ASKED_AND_GIVEN, _SIGNED_IN):
            await connection.execute(statement, person)
        for statement in _STANDS_ONCE:
            assert await connection.execute(statement) == "UPDATE 1"
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)
        for rewritten in ("added_by = gen_random_uuid()", "joined_at = joined_at - interval '1 day'"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(f"UPDATE people SET {rewritten}")
        await connection.execute("UPDATE people SET name = 'Amina Osei', added_by = added_by")
    finally:
        await connection.close()


@pytest.mark.parametrize("database", OURS)
async def test_pri_03_what_was_published_was_kept_before_and_is_never_published_again(
    service_database: Databases, database: str
):
    connection = await asyncpg.connect(service_database(database))
    try:
        await connection.execute(
            "INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at)"
            " SELECT id, 'x', id, 1, '{}', id, now() FROM gen_random_uuid() AS new (id)"
        )
        for early in ("occurred_at - interval '1 second'", "clock_timestamp() + interval '1 second'"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(f"UPDATE outbox SET published_at = {early}")
        with pytest.raises(asyncpg.RestrictViolationError):  # none is kept as if it had been published
            await connection.execute(
                "INSERT INTO outbox (event_id, subject, aggregate_id, version, body, caused_by, business_at,"
                " published_at) SELECT id, 'x', id, 1, '{}', id, now(), now() FROM gen_random_uuid() AS new (id)"
            )
        assert await connection.execute("UPDATE outbox SET published_at = now(), attempts = 1") == "UPDATE 1"
        for again in ("NULL", "'infinity'"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(f"UPDATE outbox SET published_at = {again}")
    finally:
        await connection.close()


_SETTLED = {
    "feedback": (
        "INSERT INTO concerns (concern_id, why, about, raised_at, respond_by)"
        " VALUES (gen_random_uuid(), 'x', ARRAY[gen_random_uuid()], now(), now())",
        "UPDATE concerns SET settled_at = now(), settled_by = gen_random_uuid(), outcome = 'dealt-with', note = 'x'",
        (
            "UPDATE concerns SET settled_at = NULL, outcome = NULL",
            "UPDATE concerns SET note = 'y'",
            "UPDATE concerns SET about = '{}'",
            "UPDATE concerns SET respond_by = raised_at - interval '1 hour'",
        ),
    ),
    "payments": (
        "WITH said AS (INSERT INTO statements (id, direction, organisation, statement_id, version, month, state,"
        " issued_at) SELECT id, 'issued', 'sea', id, 1, '2026-11', 'agreed', now() FROM gen_random_uuid() AS new (id)"
        " RETURNING id) INSERT INTO statement_lines (statement_id, recharge_id, ours_pence)"
        " SELECT id, gen_random_uuid(), 100 FROM said",
        "UPDATE statements SET state = 'settled'",
        (
            "UPDATE statements SET state = 'agreed'",
            "DELETE FROM statement_lines",
            "INSERT INTO statement_lines (statement_id, recharge_id, ours_pence)"
            " SELECT id, gen_random_uuid(), 1 FROM statements",
        ),
    ),
}


@pytest.mark.parametrize("database", _SETTLED)
async def test_fb_09_and_net_03_what_was_settled_stands(service_database: Databases, database: str):
    there, settled, forbidden = _SETTLED[database]
    connection = await asyncpg.connect(service_database(database))
    try:
        await connection.execute(there)
        assert await connection.execute(settled) == "UPDATE 1"
        for statement in forbidden:
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(statement)
    finally:
        await connection.close()
