"""Run the migrations on the connection `issuer.db.upgrade` opened, inside its transaction."""

from alembic import context

from issuer.models import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
