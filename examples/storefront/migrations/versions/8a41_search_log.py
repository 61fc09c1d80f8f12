"""log of searches, stock

Revision ID: 8a41
Revises: 3f0c
"""

import sqlalchemy as sa
from alembic import op

revision = "8a41"
down_revision = "3f0c"

TABLES = ("product", "user")


def upgrade():
    op.add_column("product", sa.Column("stock", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "search_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("words", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    for table in TABLES:
        op.execute(f"UPDATE \"{table}\" SET name = trim(name) WHERE name <> trim(name)")


def downgrade():
    op.drop_table("search_log")
    op.drop_column("product", "stock")
