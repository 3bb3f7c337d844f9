-- What is to be notified, and how fast the chat may be written to.
-- depends: 0003_mail

CREATE TABLE core.outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedup_key     text NOT NULL UNIQUE CHECK (length(dedup_key) BETWEEN 1 AND 300),
    topic         text NOT NULL CHECK (topic IN ('email', 'system')),
    mail_id       uuid REFERENCES core.ledger (mail_id),
    urgency       smallint NOT NULL DEFAULT 1 CHECK (urgency BETWEEN 0 AND 2),
    fields        jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'object'),
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz,
    attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    sent_at       timestamptz,
    CHECK ((topic = 'email') = (mail_id IS NOT NULL))
);
COMMENT ON TABLE core.outbox IS 'Notices: claimed before the call to the messenger, marked after it';
COMMENT ON COLUMN core.outbox.urgency IS '0 low, 1 normal, 2 high';
COMMENT ON COLUMN core.outbox.fields IS 'Anonymized values only';

CREATE INDEX outbox_pending ON core.outbox (urgency DESC, created_at, id) WHERE sent_at IS NULL;
CREATE INDEX outbox_mail ON core.outbox (mail_id) WHERE sent_at IS NULL;

CREATE TABLE core.chats (
    chat    text PRIMARY KEY CHECK (length(chat) BETWEEN 1 AND 100),
    recent  double precision[] NOT NULL DEFAULT '{}' CHECK (cardinality(recent) <= 100),
    next_at double precision NOT NULL DEFAULT 0
);
COMMENT ON TABLE core.chats IS 'Pacing of a chat: the recent sends and the end of a rest, in seconds since 1970';
