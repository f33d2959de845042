"""Feedback about other organisations' opportunities, and from other organisations' people (NET-02)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_hosts()
    _create_organisations()
    _create_asked_hosts()
    _create_guest_letters()
    op.create_index("uq_items_guest", "items", ["giver_id"], unique=True, postgresql_where=sa.text("giver_kind = 'guest'"))


def _add_hosts() -> None:
    comment = "the organisation whose listing it is; none for our own"
    op.add_column("opportunities", sa.Column("host", sa.Text(), server_default="", nullable=False, comment=comment))
    op.add_column("opportunities", sa.Column("host_name", sa.Text(), server_default="", nullable=False))
    op.add_column("opportunities", sa.Column("host_opportunity_id", sa.Uuid(), nullable=True))


def _create_organisations() -> None:
    op.create_table(
        "organisations",
        sa.Column("name", sa.Text(), nullable=False, comment="its short name"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_organisations")),
        comment="What the others in the network are called, as they announced it.",
    )


def _create_asked_hosts() -> None:
    op.create_table(
        "asked_hosts",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("host_opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("awaited", sa.Boolean(), nullable=False, comment="the host's answer is what the item waits for"),
        sa.Column("heard_version", sa.Integer(), nullable=True, comment="of the newest answer that we heard"),
        sa.Column("heard_ending", sa.Text(), nullable=True),
        sa.Column("heard_answer", sa.Text(), nullable=True),
        sa.Column("ended_by_host", sa.Boolean(), nullable=False, comment="an answer of theirs has ended it"),
        sa.CheckConstraint(
            "(heard_version IS NULL) = (heard_ending IS NULL) AND (heard_version IS NULL) = (heard_answer IS NULL)",
            name=op.f("ck_asked_hosts_net_02_heard_whole"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_asked_hosts_item_id_items")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_asked_hosts")),
        comment="NET-02: items that their givers let the host of the opportunity read and answer.",
    )


def _create_guest_letters() -> None:
    op.create_table(
        "guest_letters",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the newest that we heard"),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_guest_letters")),
        comment="What other organisations sent us of their people's feedback; also of what was taken back before it came.",
    )
