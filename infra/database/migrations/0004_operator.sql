-- Runtime flags and rules, and who changed them when.
-- depends: 0001_ledger

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

CREATE INDEX flag_changes_name ON core.flag_changes (name, id);

CREATE TABLE core.rule_versions (
    version    integer PRIMARY KEY CHECK (version > 0),
    document   jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object' AND octet_length(document::text) <= 1048576),
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
    comment    text NOT NULL DEFAULT '' CHECK (length(comment) <= 500),
    restores   integer REFERENCES core.rule_versions (version),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (restores < version)
);
COMMENT ON TABLE core.rule_versions IS 'One row per change of the rules, never changed again; the highest is in force';
COMMENT ON COLUMN core.rule_versions.document IS 'The whole rule set; holds the operator''s lists of addresses';
COMMENT ON COLUMN core.rule_versions.restores IS 'For a rollback: the version whose document this is again';
