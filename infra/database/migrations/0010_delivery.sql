-- The links of a mail and where their files went; the webhooks and who has got them.
-- depends: 0007_decisions

CREATE TABLE ingestion.links (
    mail_id      uuid NOT NULL REFERENCES ingestion.emails (mail_id) ON DELETE CASCADE,
    position     smallint NOT NULL CHECK (position BETWEEN 0 AND 999),
    provider     text NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'original')),
    reason       text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    source       core.sealed NOT NULL,
    object_key   core.sealed,
    name         core.sealed,
    content_type text NOT NULL DEFAULT '' CHECK (length(content_type) <= 200),
    size         bigint CHECK (size >= 0),
    tries        integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
    upload       text NOT NULL DEFAULT '' CHECK (length(upload) <= 2000),
    parts        text[] NOT NULL DEFAULT '{}' CHECK (cardinality(parts) <= 10000),
    validator    text NOT NULL DEFAULT '' CHECK (length(validator) <= 500),
    whole        boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (mail_id, position),
    CHECK (state <> 'stored' OR (object_key IS NOT NULL AND name IS NOT NULL AND size IS NOT NULL)),
    CHECK (state <> 'original' OR reason <> '')
);
COMMENT ON TABLE ingestion.links IS 'Links that a rule off-loads: source and stored file, and how far an upload got';
COMMENT ON COLUMN ingestion.links.source IS 'The original link, sealed as the original mail is';
COMMENT ON COLUMN ingestion.links.object_key IS 'Key in the bucket; sealed, because it ends in the file''s own name';
COMMENT ON COLUMN ingestion.links.reason IS 'original: why the mail goes on with its original link';

CREATE TABLE core.deliveries (
    mail_id      uuid NOT NULL REFERENCES core.ledger (mail_id) ON DELETE CASCADE,
    destination  text NOT NULL CHECK (length(destination) BETWEEN 1 AND 100),
    state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'refused')),
    attempts     integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    status       integer CHECK (status BETWEEN 100 AND 999),
    code         text NOT NULL DEFAULT '' CHECK (length(code) <= 200),
    first_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    delivered_at timestamptz,
    PRIMARY KEY (mail_id, destination),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
COMMENT ON TABLE core.deliveries IS 'One row per mail and destination of a webhook; code says why the last attempt failed';

CREATE INDEX deliveries_open ON core.deliveries (destination, last_at) WHERE state <> 'delivered';

-- Rows before this have none: their mail keeps its anonymized recipients in a webhook.
ALTER TABLE ingestion.emails_raw ADD COLUMN recipients core.sealed;
