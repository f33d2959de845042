"""People, what they chose and agreed to, and how they sign in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_messaging_tables()
    create_people()
    create_what_they_chose()
    create_signing_in()


def create_people() -> None:
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("known_as", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("phone", sa.Text, nullable=False),
        sa.Column("area", sa.Text, nullable=False),
        sa.Column("roles", ARRAY(sa.Text), nullable=False),
        sa.Column("channels", ARRAY(sa.Text), nullable=False),
        sa.Column("opted_out", ARRAY(sa.Text), nullable=False),
        sa.Column("discreet", sa.Boolean, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("over_18", sa.Boolean),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.CheckConstraint("version >= 1", name="ck_people_version_counts_up"),
        sa.CheckConstraint("cardinality(roles) > 0", name="ck_people_has_a_role"),
        sa.CheckConstraint("format IN ('plain', 'easy-read')", name="ck_people_format"),
        sa.CheckConstraint("cardinality(channels) > 0 AND (email IS NOT NULL OR NOT 'email' = ANY (channels))", name="ck_people_not_01_can_be_reached"),
    )
    op.create_index("uq_people_email", "people", [sa.text("lower(email)")], unique=True)
    op.create_table(
        "imported_rows",
        _person("imported_rows"),
        sa.Column("row", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_imported_rows"),
    )


def create_what_they_chose() -> None:
    op.create_table(
        "ruled_out",
        _person("ruled_out"),
        sa.Column("kinds", ARRAY(sa.Text), nullable=False),
        sa.Column("areas", ARRAY(sa.Text), nullable=False),
        sa.Column("times", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_ruled_out"),
    )
    op.create_table(
        "access_needs",
        _person("access_needs"),
        sa.Column("needs", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_access_needs"),
    )
    op.create_table(
        "hopes",
        _person("hopes"),
        sa.Column("answers", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_hopes"),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("consents"),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.CheckConstraint("purpose IN ('joining', 'under-18-agreements')", name="ck_consents_purpose"),
    )
    op.create_index("ix_consents_person_id", "consents", ["person_id"])
    op.create_index("uq_consents_one_standing", "consents", ["person_id", "purpose"], unique=True, postgresql_where=sa.text("withdrawn_at IS NULL"))


def create_signing_in() -> None:
    op.create_table(
        "joinings",
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("answers", JSONB, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joinings"),
    )
    op.create_table(
        "sign_in_codes",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        _person("sign_in_codes", nullable=True),
        sa.Column("joining_id", sa.LargeBinary, sa.ForeignKey("joinings.id", name="fk_sign_in_codes_joining_id_joinings", ondelete="CASCADE")),
        sa.Column("new_email", sa.Text),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.SmallInteger, nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_codes"),
        sa.CheckConstraint("purpose IN ('sign-in', 'join', 'change-email')", name="ck_sign_in_codes_purpose"),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name="ck_sign_in_codes_five_tries"),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid, nullable=False),
        _person("sessions"),
        sa.Column("acting_for", sa.Uuid, sa.ForeignKey("people.id", name="fk_sessions_acting_for_people", ondelete="CASCADE")),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.CheckConstraint("acting_for <> person_id", name="ck_sessions_peo_02_acts_for_another"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])


def _person(table: str, *, nullable: bool = False) -> sa.Column:
    key = sa.ForeignKey("people.id", name=f"fk_{table}_person_id_people", ondelete="CASCADE")
    return sa.Column("person_id", sa.Uuid, key, nullable=nullable)


def downgrade() -> None:
    raise NotImplementedError("Going back would lose who agreed to what. Restore a backup instead.")
