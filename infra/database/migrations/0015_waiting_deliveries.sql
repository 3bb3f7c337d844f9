-- A webhook has its row from the moment its mail is stored, and whoever finds it overdue can send its message anew.
-- depends: 0014_reconciliations

ALTER TABLE core.deliveries
    ADD COLUMN routing jsonb CHECK (octet_length(routing::text) <= 1000000),
    ADD COLUMN resent smallint NOT NULL DEFAULT 0 CHECK (resent >= 0),
    ADD COLUMN resent_at timestamptz;
COMMENT ON COLUMN core.deliveries.routing IS 'What the rules said, names and codes of theirs; null: made before this, not sent anew';
COMMENT ON COLUMN core.deliveries.resent IS 'How often its lost message was made anew since it was last begun';

CREATE INDEX deliveries_waiting ON core.deliveries (last_at) WHERE state = 'waiting';
