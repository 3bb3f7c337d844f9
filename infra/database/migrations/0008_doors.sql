-- Mail that the operator's rules keep out, with what is needed to decide about it anew; notices that wait for a time.
-- depends: 0007_decisions

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
COMMENT ON TABLE core.exclusions IS 'Why the rules kept a mail out; the ledger says whether it still is';
COMMENT ON COLUMN core.exclusions.sender_key IS 'Keyed hash of the sender''s address, empty where the mail names none';

CREATE INDEX exclusions_sender ON core.exclusions (sender_key) WHERE sender_key <> '';
CREATE INDEX exclusions_domain ON core.exclusions (domain_key) WHERE domain_key <> '';
CREATE INDEX exclusions_reason ON core.exclusions (reason, rule);

-- A routing rule names a topic of its own, and a rule's window says when a notice may go out.
ALTER TABLE core.outbox
    ADD COLUMN not_before timestamptz,
    DROP CONSTRAINT outbox_topic_check,
    DROP CONSTRAINT outbox_check,
    ADD CONSTRAINT outbox_topic_check CHECK (length(topic) BETWEEN 1 AND 50),
    ADD CONSTRAINT outbox_mail_check CHECK (topic = 'system' OR mail_id IS NOT NULL);
COMMENT ON COLUMN core.outbox.not_before IS 'Held until then; null: goes out at once';

ALTER TABLE core.decisions
    DROP CONSTRAINT decisions_decision_check,
    ADD CONSTRAINT decisions_decision_check CHECK (decision IN ('redriven', 'discarded', 'reconsidered'));
COMMENT ON TABLE core.decisions IS 'What operators did about dead letters and excluded mail, with their author';
