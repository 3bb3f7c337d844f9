-- What follows a stored mail: notices, the pace of the chat, webhooks.
-- depends: 0001_ledger

CREATE TABLE core.outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dedup_key     text NOT NULL UNIQUE CHECK (length(dedup_key) BETWEEN 1 AND 300),
    topic         text NOT NULL CONSTRAINT outbox_topic_check CHECK (length(topic) BETWEEN 1 AND 50),
    mail_id       uuid REFERENCES core.ledger (mail_id),
    urgency       smallint NOT NULL DEFAULT 1 CHECK (urgency BETWEEN 0 AND 2),
    fields        jsonb NOT NULL CHECK (jsonb_typeof(fields) = 'object'),
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_until timestamptz,
    attempts      integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    sent_at       timestamptz,
    not_before    timestamptz,
    max_batch     smallint CHECK (max_batch BETWEEN 0 AND 1000),
    refusals      integer NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    rest_until    timestamptz,
    unknown_sends integer NOT NULL DEFAULT 0 CHECK (unknown_sends >= 0),
    message_id    bigint,
    sent_chat     text CHECK (length(sent_chat) BETWEEN 1 AND 100),
    sent_thread   bigint,
    CONSTRAINT outbox_message_check CHECK (
        (message_id IS NULL) = (sent_chat IS NULL) AND (message_id IS NULL OR sent_at IS NOT NULL)
        AND (sent_thread IS NULL OR message_id IS NOT NULL)
    ),
    CONSTRAINT outbox_mail_check CHECK (topic = 'system' OR mail_id IS NOT NULL)
);
COMMENT ON TABLE core.outbox IS 'Notices: claimed before the call to the messenger, marked after it';
COMMENT ON COLUMN core.outbox.urgency IS '0 low, 1 normal, 2 high';
COMMENT ON COLUMN core.outbox.fields IS 'Anonymized values only';
COMMENT ON COLUMN core.outbox.not_before IS 'Held until then; null: goes out at once';
COMMENT ON COLUMN core.outbox.max_batch IS 'Notices in its next message at most; 0: alone and without its text; null: many';
COMMENT ON COLUMN core.outbox.refusals IS 'How often it was refused without its text';
COMMENT ON COLUMN core.outbox.rest_until IS 'Paused until then; two such notices pause their topic';

COMMENT ON COLUMN core.outbox.claimed_until IS 'Being sent until then; over without a mark: nobody knows whether it arrived';
COMMENT ON COLUMN core.outbox.unknown_sends IS 'Its messages of which nobody knows whether they arrived';
COMMENT ON COLUMN core.outbox.message_id IS 'The message that it was sent in, of sent_chat';
COMMENT ON COLUMN core.outbox.sent_thread IS 'The topic of that message; null: the general topic';

CREATE INDEX outbox_pending ON core.outbox (urgency DESC, created_at, id) WHERE sent_at IS NULL;
-- Sent notices too: a mail that expires or is erased takes its notices with it.
CREATE INDEX outbox_mail ON core.outbox (mail_id) WHERE mail_id IS NOT NULL;
CREATE INDEX outbox_paused ON core.outbox (topic, rest_until) WHERE sent_at IS NULL AND rest_until IS NOT NULL;

CREATE TABLE core.chats (
    chat    text PRIMARY KEY CHECK (length(chat) BETWEEN 1 AND 100),
    recent  double precision[] NOT NULL DEFAULT '{}' CHECK (cardinality(recent) <= 100),
    next_at double precision NOT NULL DEFAULT 0,
    refusals   integer NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    configured text CHECK (length(configured) BETWEEN 1 AND 100),
    moved_to   text CHECK (length(moved_to) BETWEEN 1 AND 100),
    threads    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(threads) = 'object'),
    CHECK (configured IS NOT NULL OR (moved_to IS NULL AND threads = '{}'))
);
COMMENT ON TABLE core.chats IS 'A chat: its recent sends and the end of a pause, in seconds since 1970, and what changed in it';
COMMENT ON COLUMN core.chats.refusals IS 'How often in a row it could not be written to';
COMMENT ON COLUMN core.chats.configured IS 'The chat id of the deployment that moved_to and threads belong to';
COMMENT ON COLUMN core.chats.moved_to IS 'The id that the group has now';
COMMENT ON COLUMN core.chats.threads IS '"topic=deployed thread id" to the thread that was made instead';

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
    routing      jsonb CHECK (octet_length(routing::text) <= 1000000),
    resent       smallint NOT NULL DEFAULT 0 CHECK (resent >= 0),
    resent_at    timestamptz,
    PRIMARY KEY (mail_id, destination),
    CHECK ((state = 'delivered') = (delivered_at IS NOT NULL))
);
COMMENT ON TABLE core.deliveries IS 'One row per mail and destination of a webhook; code says why the last attempt failed';
COMMENT ON COLUMN core.deliveries.routing IS 'What the rules decided, names and codes of theirs; null: cannot be sent again';
COMMENT ON COLUMN core.deliveries.resent IS 'How often its lost message was sent again since it was last begun';

CREATE INDEX deliveries_waiting ON core.deliveries (last_at) WHERE state = 'waiting';
