-- The role that the functions' login is made a member of: it reads and writes, it makes and drops nothing.
-- depends: 0005_flags

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mailroom_app') THEN
        CREATE ROLE mailroom_app NOLOGIN;
    END IF;
END
$$;

GRANT USAGE ON SCHEMA core, ingestion TO mailroom_app;

GRANT SELECT, INSERT, UPDATE ON core.ledger, core.outbox, core.chats, core.flags TO mailroom_app;

GRANT SELECT, INSERT ON core.action_receipts, core.flag_changes TO mailroom_app;

GRANT SELECT, INSERT, UPDATE ON ingestion.email_accounts TO mailroom_app;

GRANT SELECT, INSERT ON ingestion.emails, ingestion.emails_raw, ingestion.email_identities TO mailroom_app;
