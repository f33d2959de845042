"""The tables that every service has, for its first Alembic migration. Frozen: a change is a new function here."""

from alembic import op

_TABLES = """
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    subject text NOT NULL,
    aggregate_id uuid NOT NULL,
    version integer NOT NULL,
    body text NOT NULL,
    caused_by uuid NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    business_at timestamptz NOT NULL,
    traceparent text,
    attempts integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text,
    published_at timestamptz
);
CREATE INDEX ix_outbox_waiting ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_failed ON outbox (aggregate_id, id) WHERE published_at IS NULL AND attempts > 0;
CREATE INDEX ix_outbox_aggregate ON outbox (aggregate_id);
CREATE INDEX ix_outbox_caused_by ON outbox (caused_by);

CREATE TABLE inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    subject text NOT NULL,
    aggregate_id uuid,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    trace_id text,
    span_id text,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX ix_inbox_event ON inbox (event_id);

CREATE TABLE steps (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT ck_steps_kind CHECK (kind IN ('command', 'change')),
    what text NOT NULL,
    about uuid,
    caused_by uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    acting_for uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    business_at timestamptz NOT NULL,
    trace_id text,
    span_id text,
    facts jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_steps_about ON steps (about);
CREATE INDEX ix_steps_caused_by ON steps (caused_by);
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER steps_are_never_changed BEFORE UPDATE OR DELETE ON steps FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE dead_letters (
    id uuid PRIMARY KEY,
    consumer text NOT NULL,
    stream text NOT NULL,
    stream_sequence bigint NOT NULL,
    subject text NOT NULL,
    event_id uuid,
    headers jsonb NOT NULL,
    body text NOT NULL,
    reason text NOT NULL,
    deliveries integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    replayed_at timestamptz,
    CONSTRAINT uq_dead_letters_message UNIQUE (consumer, stream, stream_sequence)
);

CREATE TABLE ended_sessions (
    session_id uuid PRIMARY KEY,
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE business_clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    offset_seconds bigint NOT NULL DEFAULT 0 CHECK (offset_seconds >= 0)
);
INSERT INTO business_clock DEFAULT VALUES;
"""

MESSAGING_TABLES = frozenset({"outbox", "inbox", "steps", "dead_letters", "ended_sessions", "business_clock"})


def _split(script: str) -> list[str]:
    """Statements of a script; the bodies of functions ($$...$$) stay whole."""
    statements, current, quoted = [], "", False
    for line in script.splitlines():
        current += line + "\n"
        quoted ^= line.count("$$") % 2 == 1
        if not quoted and line.rstrip().endswith(";"):
            statements.append(current.strip().rstrip(";"))
            current = ""
    return statements


_CLOSED = "ALTER TABLE dead_letters ADD COLUMN tried_at timestamptz, ADD COLUMN closed_because text"
MESSAGING_STATEMENTS = (*_split(_TABLES), _CLOSED)
"""The tables as they are now."""


def create_messaging_tables() -> None:
    for statement in _split(_TABLES):
        op.execute(statement)


def close_dead_letters() -> None:
    """When a parked message was last tried again, and why one was closed that can never be handled."""
    op.execute(_CLOSED)


def refuse_changes_of(table: str) -> None:
    """A trigger that refuses UPDATE and DELETE on a table whose rows are never changed."""
    op.execute(
        f"CREATE TRIGGER {table}_are_never_changed BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION "
        "refuse_change()"
    )


def publish_once() -> None:
    """What was published is not published again, and does not lose its moment."""
    op.execute(
        "CREATE TRIGGER outbox_is_published_once BEFORE UPDATE OF published_at ON outbox FOR EACH ROW"
        " WHEN (OLD.published_at IS NOT NULL AND NEW.published_at IS DISTINCT FROM OLD.published_at)"
        " EXECUTE FUNCTION refuse_change()"
    )


def publish_when_it_happens() -> None:
    """An event waits from the moment it is kept, and is published neither before that nor in a time to come. Whether
    NATS has it, only the relay knows."""
    op.execute(
        "CREATE TRIGGER outbox_waits_first BEFORE INSERT ON outbox FOR EACH ROW"
        " WHEN (NEW.published_at IS NOT NULL) EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER outbox_is_published_then BEFORE UPDATE OF published_at ON outbox FOR EACH ROW"
        " WHEN (NEW.published_at < OLD.occurred_at OR NEW.published_at > clock_timestamp())"
        " EXECUTE FUNCTION refuse_change()"
    )


COUNTING_TABLES = frozenset({"limit_counts"})
"""Every service has it: any service that visitors may post to has to count."""


def count_limits() -> None:
    """How often something was requested or tried (`shared/counting.py`). The table is the one that people made for
    itself in its migration 0005."""
    op.execute(
        "CREATE TABLE limit_counts ("
        " what text NOT NULL, whose bytea NOT NULL, at timestamptz NOT NULL, count integer NOT NULL,"
        " CONSTRAINT pk_limit_counts PRIMARY KEY (what, whose, at))"
    )
    op.execute("CREATE INDEX ix_limit_counts_at ON limit_counts (at)")


def index_dead_letters() -> None:
    """Parked messages in the order in which operators read them: those that wait, and all of them."""
    op.execute("CREATE INDEX ix_dead_letters_waiting ON dead_letters (parked_at, id) WHERE replayed_at IS NULL")
    op.execute("CREATE INDEX ix_dead_letters_parked_at ON dead_letters (parked_at, id)")
