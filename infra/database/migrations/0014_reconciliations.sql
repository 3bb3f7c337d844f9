-- Mailboxes compared with the ledger: EmailEngine gives a webhook up after about 43 minutes.
-- depends: 0013_refusals

CREATE TABLE ingestion.reconciliations (
    account_id text PRIMARY KEY CHECK (length(account_id) BETWEEN 1 AND 200),
    checked_at timestamptz NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('complete', 'partial', 'failed', 'absent')),
    code       text NOT NULL DEFAULT '' CHECK (length(code) <= 100),
    since      timestamptz,
    listed     integer NOT NULL DEFAULT 0 CHECK (listed >= 0),
    gaps       integer NOT NULL DEFAULT 0 CHECK (gaps >= 0),
    gaps_total bigint NOT NULL DEFAULT 0 CHECK (gaps_total >= gaps)
);
COMMENT ON TABLE ingestion.reconciliations IS 'The last comparison of each account''s mailbox with the ledger';
COMMENT ON COLUMN ingestion.reconciliations.since IS 'Mail received until then is accounted for; null before the first';
COMMENT ON COLUMN ingestion.reconciliations.gaps IS 'Mails without webhook that this comparison took in';

CREATE TABLE ingestion.mail_before (
    mail_id    uuid PRIMARY KEY,
    account_id text NOT NULL CHECK (length(account_id) BETWEEN 1 AND 200)
);
COMMENT ON TABLE ingestion.mail_before IS 'Mail that was in a mailbox before it was watched: not to be taken in';
