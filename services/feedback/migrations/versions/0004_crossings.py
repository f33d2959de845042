"""Words that would cross wait until giver and staff have read them (NET-02); what waits says its clock to the others (FB-03, FB-07).

What a host was asked before this has crossed already, by the giver's word: it has no row here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "the others know its clock"
    op.add_column("items", sa.Column("clock_said", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment=comment))
    op.create_index("ix_items_clock_not_said", "items", ["item_id"], postgresql_where=sa.text("ending IS NULL AND NOT clock_said"))
    op.create_index("ix_items_ended", "items", ["ended_on", "item_id"], postgresql_where=sa.text("ending IS NOT NULL"))
    op.create_table(
        "crossings",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("host_opportunity_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False, comment="exactly what crosses; none once its giver took it back"),
        sa.Column("agreed", sa.Boolean(), nullable=False, comment="the giver has read these very words and agrees"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=False, comment="by when whoever is to read them reads them"),
        sa.Column("read_by", sa.Uuid(), nullable=True, comment="who here read these very words and let them go"),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'released', 'kept')", name=op.f("ck_crossings_net_02_state")),
        sa.CheckConstraint("state <> 'released' OR (agreed AND read_by IS NOT NULL)", name=op.f("ck_crossings_net_02_both_have_read_it")),
        sa.CheckConstraint("(state = 'released') = (read_by IS NOT NULL)", name=op.f("ck_crossings_net_02_read_and_let_go")),
        sa.ForeignKeyConstraint(["item_id"], ["items.item_id"], name=op.f("fk_crossings_item_id_items")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_crossings")),
        comment="NET-02: words on their way to the host of a listing, until giver and staff have read what exactly would cross.",
    )
