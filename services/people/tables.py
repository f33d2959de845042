"""Who people are and how they sign in. What tells of their health (ruled out, needs, hopes) has tables of its own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    and_,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import metadata

meta = metadata()

people = Table(
    "people",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("known_as", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text, nullable=False),
    Column("postal_address", Text, nullable=False, server_default=""),  # a line each, the name first
    Column("area", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("opted_out", ARRAY(Text), nullable=False),
    Column("discreet", Boolean, nullable=False),
    Column("format", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("over_18", Boolean),  # NULL: not asked yet
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("added_by", Uuid),  # NULL: they joined by themselves
    CheckConstraint("version >= 1", name="version_counts_up"),
    CheckConstraint("format IN ('plain', 'easy-read')", name="format"),
    CheckConstraint(
        "cardinality(channels) > 0 AND (email IS NOT NULL OR NOT 'email' = ANY (channels))",
        name="not_01_can_be_reached",
    ),
)
Index("uq_people_email", func.lower(people.c.email), unique=True)

contact_changes = Table(
    "contact_changes",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("old_value", Text, nullable=False),
    Column("new_value", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("changed_by", Uuid),
    Column("acting_for", Uuid),
    CheckConstraint("kind IN ('email', 'phone', 'postal_address')", name="kind"),
    CheckConstraint("old_value <> new_value", name="changes_something"),
    Index("ix_contact_changes_person", "person_id", "kind", "changed_at"),
)
"""Each address, postal address and number that somebody had, "" for none, and who replaced it. Calls about bank
details go to the number held before (PAY-13)."""

ruled_out = Table(
    "ruled_out",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("times", ARRAY(Text), nullable=False),
)
"""NOT-03. No row, or an empty list, rules out nothing."""

access_needs = Table(
    "access_needs",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("needs", ARRAY(Text), nullable=False),
)
"""OPP-07: what someone usually needs, as ticked. Each opportunity asks again."""

hopes = Table(
    "hopes",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("answers", JSONB, nullable=False),
)
"""PEO-01: what someone would like from taking part, as ticked."""

consents = Table(
    "consents",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("purpose", Text, nullable=False),
    Column("text_version", Text, nullable=False),
    Column("given_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid),  # NULL: by an operator's import
    Column("withdrawn_at", DateTime(timezone=True)),
    CheckConstraint("purpose IN ('joining', 'under-18-agreements')", name="purpose"),
)
"""PRI-02: dated, versioned, and withdrawn as easily as given."""
Index(
    "uq_consents_one_standing",
    consents.c.person_id,
    consents.c.purpose,
    unique=True,
    postgresql_where=consents.c.withdrawn_at.is_(None),
)

_TO_JOIN = and_(consents.c.person_id == people.c.id, consents.c.purpose == "joining")
WITH_US_SINCE = func.least(people.c.joined_at, select(func.min(consents.c.given_at)).where(_TO_JOIN).scalar_subquery())
"""The day on which they agreed to join; a list may give one from before we held them."""
HAS_LEFT = exists().where(_TO_JOIN) & ~exists().where(_TO_JOIN, consents.c.withdrawn_at.is_(None))
"""PRI-02: they took back what they agreed to."""

joinings = Table(
    "joinings",
    meta,
    Column("id", LargeBinary, primary_key=True),  # SHA-256 of what the visitor's cookie holds
    Column("answers", JSONB, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
"""What somebody who is joining has answered so far. Forgotten after a day."""

sign_in_codes = Table(
    "sign_in_codes",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE")),
    Column("joining_id", LargeBinary, ForeignKey("joinings.id", ondelete="CASCADE"), index=True),
    Column("new_email", Text),
    Column("mailed_to", Text),
    Column("code_hash", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("tries", SmallInteger, nullable=False),
    Column("used_at", DateTime(timezone=True)),
    CheckConstraint("purpose IN ('sign-in', 'join', 'change-email')", name="purpose"),
    CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),
)
"""Times are machine time. A code proves mailed_to, the address that it was mailed to, and nothing else. A request with
an unknown address has neither person nor joining, and its code is never right."""

doors = Table(
    "doors",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("client", LargeBinary, nullable=False),
    Column("opened_by", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("until", DateTime(timezone=True), nullable=False),
    Index("ix_doors_client_until", "client", "until"),
)
"""A coordinator opens one for the connection that they use. client is a keyed hash of it; times are machine time."""

sign_ins = Table(
    "sessions",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("acting_for", Uuid, ForeignKey("people.id", ondelete="CASCADE")),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("factor_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("device", Text, nullable=False, server_default=""),
    Column("ended_because", Text),
    Column("helps_from", Text),
    CheckConstraint(
        "ended_because IN ('signed-out', 'elsewhere', 'idle', 'roles', 'email', 'phone', 'post', 'contact',"
        " 'second-step')",
        name="ended_because",
    ),
    CheckConstraint("acting_for <> person_id", name="peo_02_acts_for_another"),
    Index("ix_sessions_expires_at", "expires_at"),
)
"""Machine time. factor_at: when the second step was last given. last_used_at: when it was last renewed. device: in
words. ended_because: empty where it ran out, or ended before we kept that. helps_from: where helping began."""

factors = Table(
    "factors",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),  # NULL: it was shown, and no code came back yet
    Column("last_step", BigInteger, nullable=False),
    Column("session_id", Uuid),  # the sign-in that saw it; NULL: from an earlier program
)
"""The second step: the sealed secret that we share with an authenticator app. last_step: the newest code that was
used."""

recovery_codes = Table(
    "recovery_codes",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("code_hash", LargeBinary, nullable=False),
    Column("used_at", DateTime(timezone=True)),
)

passkeys = Table(
    "passkeys",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("rp_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("stopped_at", DateTime(timezone=True)),
    CheckConstraint("counter >= 0", name="counts_up"),
    Index("ix_passkeys_stopped_at", "stopped_at", postgresql_where=text("stopped_at IS NOT NULL")),
)
"""A second step besides the app's codes. Nothing here is secret: the key is the public half. counter: its value at the
last use. rp_id: the host name that it was made for. stopped_at: its counter fell, so there may be a copy. Machine
time."""

passkey_challenges = Table(
    "passkey_challenges",
    meta,
    Column("session_id", Uuid, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("purpose", Text, primary_key=True),
    Column("challenge", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    CheckConstraint("purpose IN ('add', 'confirm')", name="purpose"),
)
"""What a browser has to sign, once, within a few minutes, in this one sign-in."""

factor_resets = Table(
    "factor_resets",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("asked_by", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answered_by", Uuid, ForeignKey("people.id", ondelete="CASCADE")),
    Column("answered_at", DateTime(timezone=True)),
    Column("answer", Text),
    CheckConstraint("answer IN ('confirmed', 'refused')", name="answer"),
    CheckConstraint(
        "asked_by <> person_id AND (answer <> 'confirmed' OR answered_by NOT IN (person_id, asked_by))",
        name="two_others",
    ),
)
"""One administrator asks to take a second step away, another confirms it."""
Index(
    "uq_factor_resets_one_waiting",
    factor_resets.c.person_id,
    unique=True,
    postgresql_where=factor_resets.c.answer.is_(None),
)

drafts = Table(
    "drafts",
    meta,
    Column("id", LargeBinary, primary_key=True),  # SHA-256 of what the browser's cookie holds
    Column("person_id", Uuid),
    Column("acting_for", Uuid),
    Column("content", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
"""What somebody was sending when their sign-in expired, sealed with a secret in their browser. Forgotten after half an
hour."""

imported_rows = Table(
    "imported_rows",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("row", JSONB, nullable=False),
)
"""The row last imported for someone. A later import changes only what the file changed, never what they chose since."""

role_requests = Table(
    "role_requests",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("give", ARRAY(Text), nullable=False),
    Column("take", ARRAY(Text), nullable=False),
    Column("filed_at", DateTime(timezone=True), nullable=False),
    Column("asked_by", Uuid),  # NULL: only a list has asked for it
    Column("answer", Text),
    Column("answered_by", Uuid),
    Column("answered_at", DateTime(timezone=True), index=True),
    CheckConstraint("answer IN ('confirmed', 'refused', 'taken-back')", name="answer"),
    CheckConstraint("cardinality(give) + cardinality(take) > 0", name="asks_for_something"),
    CheckConstraint(
        "(answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)", name="answered"
    ),
    CheckConstraint(
        "answer IS DISTINCT FROM 'confirmed' OR (asked_by IS NOT NULL AND answered_by <> asked_by AND answered_by <> "
        "person_id)",
        name="confirmed_by_another",
    ),
)
"""Changes of roles that need two administrators: asked by one, confirmed by another. Until then nothing changes."""
Index(
    "uq_role_requests_one_waiting",
    role_requests.c.person_id,
    unique=True,
    postgresql_where=role_requests.c.answer.is_(None),
)

matching_keys = Table(
    "matching_keys",
    meta,
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("keys", ARRAY(Text), nullable=False),
    Index("ix_matching_keys_keys", "keys", postgresql_using="gin"),
)
"""PEO-04: addresses, numbers and names that find somebody. version: the person's, when these were made; keys with an
older version are made again before they are compared."""

notices = Table(
    "notices",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("address", Text, nullable=False),
    Column("what", ARRAY(Text), nullable=False),
    Column("signed_out", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False, index=True),
)
"""Changes still to be told to the address held until then; deleted once told. due_at is machine time."""

given_lists = Table(
    "given_lists",
    meta,
    Column("id", Uuid, primary_key=True),
    Column("given_by", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("file", LargeBinary),  # NULL: the list was taken in
    Column("problems", JSONB, nullable=False),
    Column("counts", JSONB),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("file_name", Text),  # NULL: given before we kept it
    Column("seal", LargeBinary),  # of list_changes, as they were shown; NULL: nothing to look at
    CheckConstraint("state IN ('waiting', 'asking', 'wrong', 'done')", name="state"),
    CheckConstraint("(file IS NULL) = (state = 'done')", name="kept_until_done"),
    Index("ix_given_lists_waiting", "id", postgresql_where=text("state = 'waiting'")),
)
"""A list of people given on a page. waiting: for us to read and compare it; asking: for answers or, with a seal and
nothing left to answer, for somebody to look at the changes; wrong: it cannot be taken in as it is. problems: [row,
column, sentence], of wrong ones. Forgotten after a week, in machine time."""

list_changes = Table(
    "list_changes",
    meta,
    Column("list_id", Uuid, ForeignKey("given_lists.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("changes", JSONB, nullable=False),
)
"""What a row of a given list would change of somebody we hold: [question, what we hold, what it becomes]. Gone once the
list is taken in."""

list_questions = Table(
    "list_questions",
    meta,
    Column("list_id", Uuid, ForeignKey("given_lists.id", ondelete="CASCADE"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("like_row", Integer, primary_key=True),  # 0: like somebody we hold
    Column("told", JSONB, nullable=False),
    Column("near", ARRAY(Uuid), nullable=False),
    Column("by_address", Boolean, nullable=False),
    Column("said_not", ARRAY(Uuid), nullable=False),
    Column("said_no_address", Boolean, nullable=False),
    Column("answer", Text),
    Column("person_id", Uuid),
    CheckConstraint("answer IN ('same', 'new')", name="answer"),
    CheckConstraint(
        "person_id IS NULL OR (answer = 'same' AND like_row = 0 AND person_id = ANY (near))", name="one_of_the_near"
    ),
)
"""PEO-04: a row of a given list that may be somebody we hold, or the same as an earlier row. Deleted once the list is
taken in. said_not, said_no_address: earlier answers, if we asked again because somebody new has become similar."""
