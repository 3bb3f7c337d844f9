-- The operator's rules: every version that was ever in force, who wrote it and why.
-- depends: 0007_decisions

CREATE TABLE core.rule_versions (
    version    integer PRIMARY KEY CHECK (version > 0),
    document   jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object' AND octet_length(document::text) <= 1048576),
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
    comment    text NOT NULL DEFAULT '' CHECK (length(comment) <= 500),
    restores   integer REFERENCES core.rule_versions (version),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (restores < version)
);
COMMENT ON TABLE core.rule_versions IS 'One row per change of the rules, never changed again; the highest is in force';
COMMENT ON COLUMN core.rule_versions.document IS 'The whole rule set; holds the operator''s lists of addresses';
COMMENT ON COLUMN core.rule_versions.restores IS 'For a rollback: the version whose document this is again';

GRANT SELECT, INSERT ON core.rule_versions TO mailroom_app;

-- `mailroom rules simulate` walks through the mail of a span, page by page.
CREATE INDEX ledger_received ON core.ledger (received_at, mail_id);
