-- Where every mail ended, what was done to it, what operators decided, and whose mail was erased.

CREATE EXTENSION IF NOT EXISTS pgcrypto;

CREATE SCHEMA ingestion;
COMMENT ON SCHEMA ingestion IS 'What came in: accounts, anonymized mail, encrypted originals';

CREATE SCHEMA core;
COMMENT ON SCHEMA core IS 'What became of it: ledger, receipts, outbox, flags';

-- What pgp_sym_encrypt(…, 'cipher-algo=aes256') begins with: a new-format packet of tag 3, version 4,
-- cipher 9 (RFC 4880 sections 4.2, 5.3 and 9.2). Clear text written by mistake is refused.
CREATE DOMAIN core.sealed AS bytea CHECK (substring(VALUE FROM 1 FOR 4) = '\xc30d0409'::bytea);
COMMENT ON DOMAIN core.sealed IS 'OpenPGP message of pgcrypto, AES-256; the key is not in the database';

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
    expired_at          timestamptz,
    original_expired_at timestamptz,
    CHECK (state = 'stored' OR reason <> ''),
    CHECK ((state = 'excluded' AND reason = 'duplicate') = (canonical_id IS NOT NULL)),
    CHECK (canonical_id <> mail_id)
);
COMMENT ON TABLE core.ledger IS 'One row per mail that left the pipeline, in exactly one state';
COMMENT ON COLUMN core.ledger.canonical_id IS 'For a duplicate: the mail that it is another delivery of';
COMMENT ON COLUMN core.ledger.expired_at IS 'When everything of the mail but this row was removed: retention, or an erasure';
COMMENT ON COLUMN core.ledger.original_expired_at IS 'When its original alone was removed by retention';

-- Pages of one state, newest first, and all mail in quarantine.
CREATE INDEX ledger_state ON core.ledger (state, received_at, mail_id);
CREATE INDEX ledger_received ON core.ledger (received_at, mail_id);
CREATE INDEX ledger_canonical ON core.ledger (canonical_id) WHERE canonical_id IS NOT NULL;
-- Retention, account by account.
CREATE INDEX ledger_kept ON core.ledger (account_id, received_at) WHERE expired_at IS NULL;
CREATE INDEX ledger_original_kept ON core.ledger (account_id, received_at)
    WHERE expired_at IS NULL AND original_expired_at IS NULL;
CREATE INDEX ledger_erased ON core.ledger (updated_at) WHERE reason = 'erased';

-- A late redelivery, a late note and an operator's redrive change nothing: an erased mail stays erased.
CREATE FUNCTION core.stay_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.state := OLD.state;
    NEW.reason := OLD.reason;
    NEW.canonical_id := NULL;
    NEW.error := '';
    RETURN NEW;
END
$$;

CREATE TRIGGER ledger_erased_stays BEFORE UPDATE ON core.ledger FOR EACH ROW
    WHEN (OLD.state = 'excluded' AND OLD.reason = 'erased') EXECUTE FUNCTION core.stay_erased();

-- The ledger never shrinks, so its totals are kept and not counted. Each connection has one of 32 slots: writers of
-- one state do not wait for each other's commit.
CREATE TABLE core.ledger_totals (
    state  text NOT NULL,
    reason text NOT NULL,
    slot   smallint NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (state, reason, slot)
) WITH (fillfactor = 50);
COMMENT ON TABLE core.ledger_totals IS 'Mails by state and reason: the sum over all slots; written by triggers only';

-- With the owner's rights: a function that writes the ledger has no right to write the totals.
CREATE FUNCTION core.count_ledger() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    -- In one order, so that two writers of a slot cannot wait for each other.
    IF TG_OP = 'INSERT' THEN
        INSERT INTO core.ledger_totals AS total (state, reason, slot, number)
        SELECT state, reason, pg_catalog.pg_backend_pid() % 32, count(*) FROM added
        GROUP BY state, reason ORDER BY state, reason
        ON CONFLICT (state, reason, slot) DO UPDATE SET number = total.number + excluded.number;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO core.ledger_totals AS total (state, reason, slot, number)
        SELECT state, reason, pg_catalog.pg_backend_pid() % 32, sum(change) FROM (
            SELECT state, reason, 1 AS change FROM added UNION ALL SELECT state, reason, -1 FROM removed
        ) AS changes
        GROUP BY state, reason HAVING sum(change) <> 0 ORDER BY state, reason
        ON CONFLICT (state, reason, slot) DO UPDATE SET number = total.number + excluded.number;
    ELSE
        INSERT INTO core.ledger_totals AS total (state, reason, slot, number)
        SELECT state, reason, pg_catalog.pg_backend_pid() % 32, -count(*) FROM removed
        GROUP BY state, reason ORDER BY state, reason
        ON CONFLICT (state, reason, slot) DO UPDATE SET number = total.number + excluded.number;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER ledger_inserted AFTER INSERT ON core.ledger
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION core.count_ledger();
CREATE TRIGGER ledger_updated AFTER UPDATE ON core.ledger
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION core.count_ledger();
CREATE TRIGGER ledger_deleted AFTER DELETE ON core.ledger
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION core.count_ledger();

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

CREATE TABLE core.decisions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id    uuid,
    stage      text NOT NULL CHECK (length(stage) BETWEEN 1 AND 50),
    decision   text NOT NULL CHECK (decision IN ('redriven', 'discarded', 'reconsidered')),
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (decision = 'redriven' OR (mail_id IS NOT NULL AND reason <> ''))
);
COMMENT ON TABLE core.decisions IS 'What operators did about failed messages and excluded mail, with their author';
COMMENT ON COLUMN core.decisions.mail_id IS 'Null: all failed messages of the stage were redriven';
COMMENT ON COLUMN core.decisions.reason IS 'A code, never free text';

CREATE INDEX decisions_mail ON core.decisions (mail_id) WHERE mail_id IS NOT NULL;

CREATE TABLE core.exclusions (
    mail_id       uuid PRIMARY KEY REFERENCES core.ledger (mail_id),
    account_id    text NOT NULL CHECK (length(account_id) BETWEEN 1 AND 200),
    reason        text NOT NULL CHECK (reason IN (
        'sender_not_allowed', 'stopped_by_routing_rule', 'outside_time_window')),
    rule          text NOT NULL DEFAULT '' CHECK (length(rule) <= 200),
    rules_version integer NOT NULL CHECK (rules_version >= 0),
    sender_key    text NOT NULL CHECK (length(sender_key) <= 64),
    domain_key    text NOT NULL CHECK (length(domain_key) <= 64),
    decided_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE core.exclusions IS 'Why the rules excluded a mail; the ledger says whether it still is excluded';
COMMENT ON COLUMN core.exclusions.sender_key IS 'Keyed hash of the sender''s address, empty where the mail names none';

CREATE INDEX exclusions_sender ON core.exclusions (sender_key) WHERE sender_key <> '';
CREATE INDEX exclusions_domain ON core.exclusions (domain_key) WHERE domain_key <> '';
CREATE INDEX exclusions_reason ON core.exclusions (reason, rule);

CREATE TABLE core.erasures (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_key  text NOT NULL CHECK (address_key ~ '^[0-9a-f]{32}$'),
    author       text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at  timestamptz,
    counts       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(counts) = 'object'),
    CHECK (finished_at >= requested_at)
);
COMMENT ON TABLE core.erasures IS 'Receipts: whose mail was erased (a keyed hash), when, by whom, how much of what';
COMMENT ON COLUMN core.erasures.requested_at IS 'Mail of this address that was received until then is never stored again';
CREATE UNIQUE INDEX erasures_open ON core.erasures (address_key) WHERE finished_at IS NULL;
CREATE INDEX erasures_address ON core.erasures (address_key, requested_at);
