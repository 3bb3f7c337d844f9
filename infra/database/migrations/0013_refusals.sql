-- Notices that the messenger refuses for good: sent in smaller messages, then bare, then at rest.
-- depends: 0012_stage_roles

ALTER TABLE core.outbox
    ADD COLUMN max_batch smallint CHECK (max_batch BETWEEN 0 AND 1000),
    ADD COLUMN refusals integer NOT NULL DEFAULT 0 CHECK (refusals >= 0),
    ADD COLUMN rest_until timestamptz;
COMMENT ON COLUMN core.outbox.max_batch IS 'Notices in its next message at most; 0: alone and without its text; null: many';
COMMENT ON COLUMN core.outbox.refusals IS 'How often it was refused without its text';
COMMENT ON COLUMN core.outbox.rest_until IS 'Not tried before; two such notices let their topic rest';
