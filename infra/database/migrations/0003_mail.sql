-- Accounts, anonymized mail, encrypted originals and identities.
-- depends: 0002_ledger

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
    processed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ingestion.emails IS 'The anonymized mail: tokens instead of personal data';
COMMENT ON COLUMN ingestion.emails.sender_key IS 'Keyed hash of the sender''s address';

CREATE INDEX emails_received ON ingestion.emails (received_at DESC);
CREATE INDEX emails_account ON ingestion.emails (account_id, received_at DESC);
CREATE INDEX emails_thread ON ingestion.emails (account_id, thread_key) WHERE thread_key <> '';
CREATE INDEX emails_sender ON ingestion.emails (account_id, sender_key, received_at DESC) WHERE sender_key <> '';

CREATE TABLE ingestion.emails_raw (
    mail_id   uuid PRIMARY KEY REFERENCES ingestion.emails (mail_id) ON DELETE CASCADE,
    sender    core.sealed NOT NULL,
    subject   core.sealed NOT NULL,
    body      core.sealed NOT NULL,
    source    core.sealed NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now()
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
