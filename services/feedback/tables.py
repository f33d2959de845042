"""What feedback owns. Dates are London's; `steps` holds the moments and the people behind each change."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db import metadata, participant_columns

tables = metadata()


def _giver_columns() -> list[Column]:
    """A participant reference, or nothing for an anonymous giver (FB-01)."""
    columns = participant_columns("giver")
    for column in columns:
        column.nullable = True
    return columns


opportunities = Table(
    "opportunities",
    tables,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column(
        "host",
        Text,
        nullable=False,
        server_default="",
        comment="the organisation whose listing it is; none for our own",
    ),
    Column("host_name", Text, nullable=False, server_default=""),
    Column("host_opportunity_id", Uuid),
    comment="A copy of what was published, from opportunity-created.",
)

organisations = Table(
    "organisations",
    tables,
    Column("name", Text, primary_key=True, comment="its short name"),
    Column("version", BigInteger, nullable=False),
    Column("display_name", Text, nullable=False),
    comment="What the others in the network are called, as they announced it.",
)

cards = Table(
    "cards",
    tables,
    Column("person_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("roles_had", ARRAY(Text), nullable=False, server_default="{}", comment="FB-09: ever, while we knew them"),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Index("ix_cards_roles", "roles", postgresql_using="gin"),
    Index("ix_cards_roles_had", "roles_had", postgresql_using="gin"),
    comment="The names that staff see, fetched from people.",
)

drafts = Table(
    "drafts",
    tables,
    Column("key", LargeBinary, primary_key=True, comment="hash of a secret that only the giver's browser has"),
    Column("answers", JSONB, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, comment="machine time"),
)

themes = Table(
    "themes",
    tables,
    Column("theme_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Index("uq_themes_name", func.lower(Column("name", Text)), unique=True),
)

responses = Table(
    "responses",
    tables,
    Column("response_id", Uuid, primary_key=True),
    Column("ending", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("answered_by_name", Text, nullable=False, server_default=""),
    Column("said", Text, comment="what people told us, in the wording of the public board; none if it is not shown"),
    Column("checked_by_kind", Text),
    Column("checked_by_id", Uuid),
    Column("written_on", Date, nullable=False),
    Column("written_by_kind", Text, nullable=False),
    Column("written_by_id", Uuid),
    CheckConstraint("ending IN ('used', 'not-used', 'thanked')", name="fb_02_answer"),
    CheckConstraint("answered_by IN ('us', 'provider', 'funder')", name="fb_02_answerer"),
    CheckConstraint("text <> ''", name="fb_02_says_what_changed_or_why"),
    CheckConstraint("(said IS NULL) = (checked_by_kind IS NULL)", name="fb_06_wording_was_checked"),
)

items = Table(
    "items",
    tables,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("about", Text, nullable=False),
    Column("opportunity_id", Uuid),
    Column(
        "about_name",
        Text,
        nullable=False,
        server_default="",
        comment="of the service, the funder, or a past opportunity",
    ),
    Column("words", Text, nullable=False),
    Column("received_on", Date, nullable=False, comment="a day, not a moment: an anonymous giver is not found by time"),
    Column("answer_days", Integer, nullable=False, comment="the clock that it was received under"),
    Column("due_on", Date, nullable=False),
    Column("waiting_for", Text, nullable=False),
    Column("waiting_for_name", Text, nullable=False, server_default=""),
    *_giver_columns(),
    Column("given_by_kind", Text, nullable=False),
    Column("given_by_id", Uuid),
    Column("given_for_id", Uuid),
    Column("code_hash", LargeBinary),
    Column("hear_by", Text, nullable=False),
    Column("may_show", Boolean, nullable=False),
    Column("theme_id", Uuid, ForeignKey("themes.theme_id")),
    Column("ending", Text),
    Column("ended_on", Date),
    Column("response_id", Uuid, ForeignKey("responses.response_id")),
    Column("joined_to", Uuid, ForeignKey("items.item_id")),
    Column("reopened_on", Date),
    Column("reopened_why", Text),
    Column("reviewer_role", Text),
    Column("clock_said", Boolean, nullable=False, server_default=text("false"), comment="the others know its clock"),
    UniqueConstraint("code_hash"),
    CheckConstraint("about IN ('opportunity', 'provider', 'funder', 'us')", name="fb_01_about"),
    CheckConstraint("waiting_for IN ('us', 'provider', 'funder')", name="fb_02_waiting_for"),
    CheckConstraint(
        "ending IN ('used', 'not-used', 'thanked', 'joined', 'withdrawn', 'spam', 'safeguarding')", name="fb_02_ending"
    ),
    CheckConstraint("(ending IS NULL) = (ended_on IS NULL)", name="fb_02_waits_or_ended"),
    CheckConstraint(
        "ending NOT IN ('used', 'not-used', 'thanked') OR response_id IS NOT NULL", name="fb_02_answer_is_kept"
    ),
    CheckConstraint(
        "ending IS NULL OR ending <> 'joined' OR (joined_to IS NOT NULL AND joined_to <> item_id)",
        name="fb_02_joined_to_another",
    ),
    CheckConstraint(
        "(words = '') = (ending IS NOT DISTINCT FROM 'withdrawn')", name="fb_02_words_go_only_with_their_giver"
    ),
    CheckConstraint("hear_by IN ('email', 'in-app', 'none', 'code')", name="fb_04_hear_by"),
    CheckConstraint(
        "(giver_id IS NULL) = (giver_kind IS NULL) AND (giver_id IS NULL) = (giver_home IS NULL)"
        " AND (giver_id IS NOT NULL OR given_by_id IS NULL OR given_by_kind = 'operator')",
        name="fb_01_anonymous_names_nobody",
    ),
    CheckConstraint("answer_days > 0", name="fb_03_days"),
    CheckConstraint(
        "(reopened_on IS NULL) = (reviewer_role IS NULL) AND (reopened_on IS NULL) = (reopened_why IS NULL)",
        name="fb_07_reopened_with_a_reviewer",
    ),
    Index("ix_items_waiting", "due_on", postgresql_where="ending IS NULL"),
    Index("ix_items_clock_not_said", "item_id", postgresql_where="ending IS NULL AND NOT clock_said"),
    Index("ix_items_ended", "ended_on", "item_id", postgresql_where="ending IS NOT NULL"),
    Index("ix_items_giver", "giver_id"),
    Index("ix_items_theme", "theme_id"),
    Index("ix_items_response", "response_id"),
    Index("ix_items_joined_to", "joined_to"),
    Index("uq_items_guest", "giver_id", unique=True, postgresql_where="giver_kind = 'guest'"),
)
"""giver: for a guest's item, the home organisation and the item's id there (NET-02)."""

asked_hosts = Table(
    "asked_hosts",
    tables,
    Column("item_id", Uuid, ForeignKey("items.item_id"), primary_key=True),
    Column("host", Text, nullable=False),
    Column("host_name", Text, nullable=False),
    Column("host_opportunity_id", Uuid, nullable=False),
    Column("awaited", Boolean, nullable=False, comment="the host's answer is what the item waits for"),
    Column("heard_version", Integer, comment="of the newest answer that we heard"),
    Column("heard_ending", Text),
    Column("heard_answer", Text),
    Column("ended_by_host", Boolean, nullable=False, comment="an answer of theirs has ended it"),
    CheckConstraint(
        "(heard_version IS NULL) = (heard_ending IS NULL) AND (heard_version IS NULL) = (heard_answer IS NULL)",
        name="net_02_heard_whole",
    ),
    comment="NET-02: items that their givers let the host of the opportunity read and answer.",
)

crossings = Table(
    "crossings",
    tables,
    Column("item_id", Uuid, ForeignKey("items.item_id"), primary_key=True),
    Column("host", Text, nullable=False),
    Column("host_name", Text, nullable=False),
    Column("host_opportunity_id", Uuid, nullable=False),
    Column("words", Text, nullable=False, comment="exactly what crosses; none once its giver took it back"),
    Column("agreed", Boolean, nullable=False, comment="the giver has read these very words and agrees"),
    Column("state", Text, nullable=False),
    Column("act_by", Date, nullable=False, comment="by when whoever is to read them reads them"),
    Column("read_by", Uuid, comment="who here read these very words and let them go"),
    Column("read_on", Date),
    CheckConstraint("state IN ('open', 'released', 'kept')", name="net_02_state"),
    CheckConstraint("state <> 'released' OR (agreed AND read_by IS NOT NULL)", name="net_02_both_have_read_it"),
    CheckConstraint("(state = 'released') = (read_by IS NOT NULL)", name="net_02_read_and_let_go"),
    comment="NET-02: words on their way to the host of a listing, until giver and staff have read what exactly would "
    "cross.",
)

guest_messages = Table(
    "guest_letters",
    tables,
    Column("item_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False, comment="of the newest that we heard"),
    Column("withdrawn", Boolean, nullable=False),
    comment="What other organisations sent us of their people's feedback; also of what was taken back before it came.",
)

endings = Table(
    "endings",
    tables,
    Column("ending_id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.item_id"), nullable=False),
    Column("ending", Text, nullable=False),
    Column("response_id", Uuid, ForeignKey("responses.response_id")),
    Column("joined_to", Uuid, ForeignKey("items.item_id")),
    Column("reason", Text, nullable=False, server_default="", comment="why it is spam"),
    Column("ended_on", Date, nullable=False),
    Column("ended_by_kind", Text, nullable=False),
    Column("ended_by_id", Uuid),
    Index("ix_endings_item", "item_id"),
    comment="Each ending an item had. Never changed.",
)

concerns = Table(
    "concerns",
    tables,
    Column("concern_id", Uuid, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.item_id")),
    Column("why", Text, nullable=False),
    Column("about", ARRAY(Uuid), nullable=False, comment="staff who must not see it"),
    Column("raised_at", DateTime(timezone=True), nullable=False),
    Column("raised_by", Uuid),
    Column("respond_by", DateTime(timezone=True), nullable=False),
    Column("ending_before", Text, comment="what the item goes back to; none if it was waiting"),
    Column("ended_on_before", Date),
    Column("taken_at", DateTime(timezone=True)),
    Column("taken_by", Uuid),
    Column("settled_at", DateTime(timezone=True)),
    Column("settled_by", Uuid),
    Column("outcome", Text),
    Column("note", Text),
    Column("version", Integer, nullable=False, server_default="0"),
    Column("told", ARRAY(Uuid), nullable=False, server_default="{}", comment="who has it first, in order"),
    Column("deputy_id", Uuid, comment="who has it besides"),
    Column(
        "given",
        ARRAY(Uuid),
        nullable=False,
        server_default="{}",
        comment="everybody who was given it; none: told and deputy_id, as the program before kept it",
    ),
    Column("hours", Integer, nullable=False, server_default="24", comment="its clock"),
    Column(
        "about_roles",
        ARRAY(Text),
        nullable=False,
        server_default="{}",
        comment="whom it is about, as a visitor says it who is told nobody's name: one of those with these roles",
    ),
    Column(
        "run_out", Boolean, nullable=False, server_default=text("false"), comment="its hours ran out, and it was said"
    ),
    Column(
        "read_at",
        Text,
        nullable=False,
        server_default="",
        comment="the page of ours where staff read it; none if it is feedback, or somebody told us",
    ),
    Column(
        "reach",
        Text,
        nullable=False,
        server_default="",
        comment="how to reach who told us without signing in; none if they did not say",
    ),
    Column("helped_by", Uuid, comment="who wrote it down for whoever raised it"),
    Column("source_id", Uuid, comment="the question, need or claim that it sets aside"),
    Column(
        "source_to_say",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="events do not say yet what it sets aside",
    ),
    Column(
        "marked_as",
        Text,
        nullable=False,
        server_default="",
        comment="the role in which whoever raised it opens what it sets aside; none if its owner was not asked",
    ),
    Column(
        "asks_as",
        ARRAY(Text),
        comment="the roles of whoever raised it, while the owner of what they read is still to be asked",
    ),
    CheckConstraint("outcome IN ('dealt-with', 'returned')", name="fb_09_outcome"),
    CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="fb_09_settled_with_an_outcome"),
    Index("uq_concerns_open", "item_id", unique=True, postgresql_where="settled_at IS NULL"),
    Index("ix_concerns_raised_by", "raised_by", "raised_at"),
    Index(
        "ix_concerns_source",
        "source_id",
        postgresql_where="source_id IS NOT NULL AND outcome IS DISTINCT FROM 'returned'",
    ),
    Index("ix_concerns_source_to_say", "concern_id", postgresql_where="source_to_say"),
    Index("ix_concerns_owner_to_ask", "concern_id", postgresql_where="asks_as IS NOT NULL"),
)

namings = Table(
    "namings",
    tables,
    Column("naming_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
    Column("deputy_id", Uuid, comment="none only where a setting of old named one person"),
    Column("named_at", DateTime(timezone=True), nullable=False),
    Column("named_by_kind", Text, nullable=False),
    Column("named_by_id", Uuid),
    comment="FB-09: who was named as safeguarding lead and deputy. The newest stands; none is ever changed.",
)

watch = Table(
    "watch",
    tables,
    Column("leads_id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("missing", ARRAY(Text), nullable=False),
    Column("naming_id", Uuid, comment="the naming that was last said"),
    comment="FB-09: what was last said of whether there are a lead and a deputy.",
)

imported = Table(
    "imported",
    tables,
    Column("reference", Text, primary_key=True),
    Column("item_id", Uuid, ForeignKey("items.item_id"), nullable=False),
    Column("digest", Text, nullable=False, comment="of the row as it was imported"),
)
