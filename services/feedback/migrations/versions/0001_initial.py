"""Feedback's first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.messaging.migrations import create_messaging_tables, refuse_changes_of

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables()
    _create_cards()
    _create_drafts()
    _create_opportunities()
    _create_responses()
    _create_themes()
    _create_items()
    _create_concerns()
    _create_endings()
    _create_imported()
    refuse_changes_of("endings")
    op.execute("CREATE TRIGGER items_are_never_deleted BEFORE DELETE ON items FOR EACH ROW EXECUTE FUNCTION refuse_change()")


def _create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_cards")),
        comment="The names that staff see, fetched from people.",
    )


def _create_drafts() -> None:
    op.create_table(
        "drafts",
        sa.Column("key", sa.LargeBinary(), nullable=False, comment="hash of a secret that only the giver's browser has"),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="machine time"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_drafts")),
    )


def _create_opportunities() -> None:
    op.create_table(
        "opportunities",
        sa.Column("opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", name=op.f("pk_opportunities")),
        comment="A copy of what was published, from opportunity-created.",
    )


def _create_responses() -> None:
    op.create_table(
        "responses",
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("said", sa.Text(), nullable=True, comment="what people told us, in the wording of the public board; none if it is not shown"),
        sa.Column("checked_by_kind", sa.Text(), nullable=True),
        sa.Column("checked_by_id", sa.Uuid(), nullable=True),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("written_by_kind", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("answered_by IN ('us', 'provider', 'funder')", name=op.f("ck_responses_fb_02_answerer")),
        sa.CheckConstraint("ending IN ('used', 'not-used', 'thanked')", name=op.f("ck_responses_fb_02_answer")),
        sa.CheckConstraint("text <> ''", name=op.f("ck_responses_fb_02_says_what_changed_or_why")),
        sa.CheckConstraint("(said IS NULL) = (checked_by_kind IS NULL)", name=op.f("ck_responses_fb_06_wording_was_checked")),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_responses")),
    )


def _create_themes() -> None:
    op.create_table(
        "themes",
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("theme_id", name=op.f("pk_themes")),
    )
    op.create_index("uq_themes_name", "themes", [sa.literal_column("lower(name)")], unique=True)


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("opportunity_id", sa.Uuid(), nullable=True),
        sa.Column("about_name", sa.Text(), server_default="", nullable=False, comment="of the service, the funder, or a past opportunity"),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False, comment="a day, not a moment: an anonymous giver is not found by time"),
        sa.Column("answer_days", sa.Integer(), nullable=False, comment="the clock that it was received under"),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("waiting_for", sa.Text(), nullable=False),
        sa.Column("waiting_for_name", sa.Text(), server_default="", nullable=False),
        sa.Column("giver_kind", sa.Text(), nullable=True),
        sa.Column("giver_id", sa.Uuid(), nullable=True),
        sa.Column("giver_home", sa.Text(), nullable=True),
        sa.Column("given_by_kind", sa.Text(), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=True),
        sa.Column("given_for_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("hear_by", sa.Text(), nullable=False),
        sa.Column("may_show", sa.Boolean(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("joined_to", sa.Uuid(), nullable=True),
        sa.Column("reopened_on", sa.Date(), nullable=True),
        sa.Column("reopened_why", sa.Text(), nullable=True),
        sa.Column("reviewer_role", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(giver_id IS NULL) = (giver_kind IS NULL) AND (giver_id IS NULL) = (giver_home IS NULL)"
            " AND (giver_id IS NOT NULL OR given_by_id IS NULL OR given_by_kind = 'operator')",
            name=op.f("ck_items_fb_01_anonymous_names_nobody"),
        ),
        sa.CheckConstraint("(words = '') = (ending IS NOT DISTINCT FROM 'withdrawn')", name=op.f("ck_items_fb_02_words_go_only_with_their_giver")),
        sa.CheckConstraint("about IN ('opportunity', 'provider', 'funder', 'us')", name=op.f("ck_items_fb_01_about")),
        sa.CheckConstraint("ending IN ('used', 'not-used', 'thanked', 'joined', 'withdrawn', 'spam', 'safeguarding')", name=op.f("ck_items_fb_02_ending")),
        sa.CheckConstraint(
            "ending IS NULL OR ending <> 'joined' OR (joined_to IS NOT NULL AND joined_to <> item_id)", name=op.f("ck_items_fb_02_joined_to_another")
        ),
        sa.CheckConstraint("ending NOT IN ('used', 'not-used', 'thanked') OR response_id IS NOT NULL", name=op.f("ck_items_fb_02_answer_is_kept")),
        sa.CheckConstraint("hear_by IN ('email', 'in-app', 'none', 'code')", name=op.f("ck_items_fb_04_hear_by")),
        sa.CheckConstraint("waiting_for IN ('us', 'provider', 'funder')", name=op.f("ck_items_fb_02_waiting_for")),
        sa.CheckConstraint("(ending IS NULL) = (ended_on IS NULL)", name=op.f("ck_items_fb_02_waits_or_ended")),
        sa.CheckConstraint(
            "(reopened_on IS NULL) = (reviewer_role IS NULL) AND (reopened_on IS NULL) = (reopened_why IS NULL)",
            name=op.f("ck_items_fb_07_reopened_with_a_reviewer"),
        ),
        sa.CheckConstraint("answer_days > 0", name=op.f("ck_items_fb_03_days")),
        sa.ForeignKeyConstraint(["joined_to"], ["items.item_id"], name=op.f("fk_items_joined_to_items")),
        sa.ForeignKeyConstraint(["response_id"], ["responses.response_id"], name=op.f("fk_items_response_id_responses")),
        sa.ForeignKeyConstraint(["theme_id"], ["themes.theme_id"], name=op.f("fk_items_theme_id_themes")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_items")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_items_code_hash")),
    )
    op.create_index("ix_items_giver", "items", ["giver_id"], unique=False)
    op.create_index("ix_items_joined_to", "items", ["joined_to"], unique=False)
    op.create_index("ix_items_response", "items", ["response_id"], unique=False)
    op.create_index("ix_items_theme", "items", ["theme_id"], unique=False)
    op.create_index("ix_items_waiting", "items", ["due_on"], unique=False, postgresql_where=sa.text("ending IS NULL"))


def _create_concerns() -> None:
    op.create_table(
        "concerns",
        sa.Column("concern_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("about", sa.ARRAY(sa.Uuid()), nullable=False, comment="staff who must not see it"),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by", sa.Uuid(), nullable=False),
        sa.Column("respond_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ending_before", sa.Text(), nullable=True, comment="what the item goes back to; none if it was waiting"),
        sa.Column("ended_on_before", sa.Date(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('dealt-with', 'returned')", name=op.f("ck_concerns_fb_09_outcome")),
        sa.CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name=op.f("ck_concerns_fb_09_settled_with_an_outcome")),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_concerns_item_id_items")),
        sa.PrimaryKeyConstraint("concern_id", name=op.f("pk_concerns")),
    )
    op.create_index("uq_concerns_open", "concerns", ["item_id"], unique=True, postgresql_where=sa.text("settled_at IS NULL"))


def _create_endings() -> None:
    op.create_table(
        "endings",
        sa.Column("ending_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=True),
        sa.Column("joined_to", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False, comment="why it is spam"),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("ended_by_kind", sa.Text(), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_endings_item_id_items")),
        sa.ForeignKeyConstraint(["joined_to"], ["items.item_id"], name=op.f("fk_endings_joined_to_items")),
        sa.ForeignKeyConstraint(["response_id"], ["responses.response_id"], name=op.f("fk_endings_response_id_responses")),
        sa.PrimaryKeyConstraint("ending_id", name=op.f("pk_endings")),
        comment="Each ending an item had. Never changed.",
    )
    op.create_index("ix_endings_item", "endings", ["item_id"], unique=False)


def _create_imported() -> None:
    op.create_table(
        "imported",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the row as it was imported"),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_imported_item_id_items")),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_imported")),
    )
