"""The schema's history (Alembic). `issuer.db.upgrade(url)` runs it."""
