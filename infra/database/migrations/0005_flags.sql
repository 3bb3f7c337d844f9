-- Runtime flags, and who changed them when.
-- depends: 0004_outbox

CREATE TABLE core.flags (
    name       text PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 100),
    value      boolean NOT NULL,
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 200),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE core.flags IS 'The durable copy of the runtime flags';

CREATE TABLE core.flag_changes (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    old_value  boolean,
    new_value  boolean NOT NULL,
    author     text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.flag_changes IS 'Every change of a flag; old_value is null the first time';

CREATE INDEX flag_changes_name ON core.flag_changes (name, changed_at);
