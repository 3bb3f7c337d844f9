-- What is kept and for how long: erasure of a person's mail, retention for each account.
-- depends: 0008_doors 0009_rules 0010_delivery

ALTER TABLE core.ledger ADD COLUMN expired_at timestamptz, ADD COLUMN original_expired_at timestamptz;
COMMENT ON COLUMN core.ledger.expired_at IS 'When everything of the mail but this row was removed: retention, or an erasure';
COMMENT ON COLUMN core.ledger.original_expired_at IS 'When its original alone was removed by retention';
CREATE INDEX ledger_kept ON core.ledger (account_id, received_at) WHERE expired_at IS NULL;
CREATE INDEX ledger_original_kept ON core.ledger (account_id, received_at)
    WHERE expired_at IS NULL AND original_expired_at IS NULL;
CREATE INDEX ledger_erased ON core.ledger (updated_at) WHERE reason = 'erased';

ALTER TABLE ingestion.emails ADD COLUMN address_keys text[];
COMMENT ON COLUMN ingestion.emails.address_keys IS
    'Keyed hashes of all addresses in the mail''s headers; null: stored before they were kept';
CREATE INDEX emails_addresses ON ingestion.emails USING gin (address_keys);

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
COMMENT ON COLUMN core.erasures.requested_at IS 'Mail of this address that was received until then is not stored any more';
CREATE UNIQUE INDEX erasures_open ON core.erasures (address_key) WHERE finished_at IS NULL;
CREATE INDEX erasures_address ON core.erasures (address_key, requested_at);

-- Whatever comes late (a redelivery, a note, an operator's redrive): an erased mail stays erased.
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
