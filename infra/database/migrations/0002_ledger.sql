-- The ledger and the receipts: where every mail ended, and what was done to it.
-- depends: 0001_schemas

CREATE TABLE core.ledger (
    mail_id      uuid PRIMARY KEY,
    account_id   text NOT NULL CHECK (length(account_id) BETWEEN 1 AND 200),
    source       text NOT NULL CHECK (length(source) BETWEEN 1 AND 50),
    state        text NOT NULL CHECK (state IN ('stored', 'excluded', 'quarantined')),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    error        text NOT NULL DEFAULT '' CHECK (length(error) <= 200),
    stage        text NOT NULL CHECK (length(stage) BETWEEN 1 AND 50),
    attempts     integer NOT NULL DEFAULT 1 CHECK (attempts >= 0),
    canonical_id uuid,
    received_at  timestamptz NOT NULL,
    first_at     timestamptz,
    last_at      timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    trace_id     text NOT NULL DEFAULT '' CHECK (length(trace_id) <= 100),
    spool_key    text NOT NULL DEFAULT '' CHECK (length(spool_key) <= 1024),
    CHECK (state = 'stored' OR reason <> ''),
    CHECK ((state = 'excluded' AND reason = 'duplicate') = (canonical_id IS NOT NULL)),
    CHECK (canonical_id <> mail_id)
);
COMMENT ON TABLE core.ledger IS 'One row per mail that left the pipeline, in exactly one state';
COMMENT ON COLUMN core.ledger.canonical_id IS 'For a duplicate: the mail that it is another delivery of';

CREATE INDEX ledger_state ON core.ledger (state, updated_at);
CREATE INDEX ledger_account ON core.ledger (account_id, received_at);
CREATE INDEX ledger_canonical ON core.ledger (canonical_id) WHERE canonical_id IS NOT NULL;

CREATE TABLE core.action_receipts (
    mail_id     uuid NOT NULL,
    module      text NOT NULL CHECK (length(module) BETWEEN 1 AND 100),
    action      text NOT NULL CHECK (length(action) BETWEEN 1 AND 100),
    trust_level text NOT NULL DEFAULT 'auto' CHECK (trust_level IN ('auto', 'propose', 'blocked')),
    started     timestamptz NOT NULL,
    duration    double precision NOT NULL CHECK (duration >= 0),
    outcome     text NOT NULL CHECK (length(outcome) <= 100),
    confidence  double precision CHECK (confidence BETWEEN 0 AND 1),
    PRIMARY KEY (mail_id, module, action)
);
COMMENT ON TABLE core.action_receipts IS 'One row per action done to a mail; duration in seconds';

CREATE INDEX action_receipts_started ON core.action_receipts (started);
