-- Accounts, anonymized mail, encrypted originals, identities, links, and the comparison with the mailboxes.
-- depends: 0001_ledger

CREATE TABLE ingestion.email_accounts (
    account_id     text PRIMARY KEY CHECK (length(account_id) BETWEEN 1 AND 200),
    address        core.sealed NOT NULL,
    provider       text NOT NULL CHECK (length(provider) BETWEEN 1 AND 50),
    imap_host      text NOT NULL DEFAULT '' CHECK (length(imap_host) <= 255),
    imap_port      integer CHECK (imap_port BETWEEN 1 AND 65535),
    imap_user      core.sealed,
    secret_kind    text NOT NULL DEFAULT 'none' CHECK (secret_kind IN ('none', 'password', 'token')),
    secret         core.sealed,
    state          text NOT NULL DEFAULT 'new' CHECK (state IN (
        'new', 'connecting', 'syncing', 'connected', 'disconnected',
        'authentication_error', 'connect_error', 'paused', 'removed')),
    state_reason   text NOT NULL DEFAULT '' CHECK (length(state_reason) <= 200),
    last_sync      timestamptz,
    last_failure   timestamptz,
    failures       integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    failures_total bigint NOT NULL DEFAULT 0 CHECK (failures_total >= failures),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    CHECK ((secret_kind = 'none') = (secret IS NULL))
);
COMMENT ON TABLE ingestion.email_accounts IS 'The watched mailboxes; address, user and secret are sealed';
COMMENT ON COLUMN ingestion.email_accounts.failures IS 'Failures in a row, 0 after a success';

CREATE TABLE ingestion.emails (
    mail_id      uuid PRIMARY KEY REFERENCES core.ledger (mail_id),
    account_id   text NOT NULL,
    sender       text NOT NULL,
    subject      text NOT NULL,
    body         text NOT NULL,
    recipients   text[] NOT NULL,
    attachments  text[] NOT NULL,
    language     text NOT NULL CHECK (length(language) <= 20),
    category     text NOT NULL CHECK (length(category) BETWEEN 1 AND 100),
    urgency      text NOT NULL CHECK (urgency IN ('low', 'normal', 'high')),
    confidence   double precision NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    reason       text NOT NULL,
    classifier   text NOT NULL,
    traits       text[] NOT NULL,
    defects      text[] NOT NULL,
    thread_key   text NOT NULL,
    sender_key   text NOT NULL,
    received_at  timestamptz NOT NULL,
    sent_at      timestamptz,
    processed_at timestamptz NOT NULL DEFAULT now(),
    address_keys text[]
);
COMMENT ON TABLE ingestion.emails IS 'The anonymized mail: tokens instead of personal data';
COMMENT ON COLUMN ingestion.emails.sender_key IS 'Keyed hash of the sender''s address';
COMMENT ON COLUMN ingestion.emails.address_keys IS
    'Keyed hashes of all addresses in the mail''s headers; null: they are not known';

CREATE INDEX emails_received ON ingestion.emails (received_at DESC);
CREATE INDEX emails_account ON ingestion.emails (account_id, received_at DESC);
CREATE INDEX emails_thread ON ingestion.emails (account_id, thread_key) WHERE thread_key <> '';
CREATE INDEX emails_sender ON ingestion.emails (account_id, sender_key, received_at DESC) WHERE sender_key <> '';
CREATE INDEX emails_sender_alone ON ingestion.emails (sender_key) WHERE sender_key <> '';
CREATE INDEX emails_addresses ON ingestion.emails USING gin (address_keys);
CREATE INDEX emails_unhashed ON ingestion.emails (mail_id) WHERE address_keys IS NULL;

CREATE TABLE ingestion.emails_raw (
    mail_id    uuid PRIMARY KEY REFERENCES ingestion.emails (mail_id) ON DELETE CASCADE,
    sender     core.sealed NOT NULL,
    subject    core.sealed NOT NULL,
    body       core.sealed NOT NULL,
    source     core.sealed NOT NULL,
    sealed_at  timestamptz NOT NULL DEFAULT now(),
    recipients core.sealed
);
COMMENT ON TABLE ingestion.emails_raw IS 'The original, sealed by pgcrypto (AES-256) with a key of its own';

-- Ciphertext does not compress: storing it uncompressed spares the attempt on 40 MiB.
ALTER TABLE ingestion.emails_raw ALTER COLUMN source SET STORAGE EXTERNAL;
ALTER TABLE ingestion.emails_raw ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE ingestion.email_identities (
    account_id text NOT NULL,
    identity   text NOT NULL CHECK (length(identity) BETWEEN 1 AND 200),
    mail_id    uuid NOT NULL REFERENCES core.ledger (mail_id),
    PRIMARY KEY (account_id, identity)
);
COMMENT ON TABLE ingestion.email_identities IS 'Digests under which a stored mail is known, per account';

CREATE INDEX email_identities_mail ON ingestion.email_identities (mail_id);

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

-- EmailEngine gives up a webhook after about 43 minutes: mailboxes are compared with the ledger.
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
