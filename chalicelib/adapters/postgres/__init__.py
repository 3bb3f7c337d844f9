"""PostgreSQL: ledger, store, outbox, reports and the rest, by psycopg 3."""
