-- What operators decided about dead letters: who sent what on its way again, who discarded what and why.
-- depends: 0006_app_role

CREATE TABLE core.decisions (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mail_id    uuid,
    stage      text NOT NULL CHECK (length(stage) BETWEEN 1 AND 50),
    decision   text NOT NULL CHECK (decision IN ('redriven', 'discarded')),
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    author     text NOT NULL CHECK (length(author) BETWEEN 1 AND 100),
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (decision = 'redriven' OR (mail_id IS NOT NULL AND reason <> ''))
);
COMMENT ON TABLE core.decisions IS 'Redrives and discards of dead letters, with their author';
COMMENT ON COLUMN core.decisions.mail_id IS 'Null: every letter of the stage was redriven';
COMMENT ON COLUMN core.decisions.reason IS 'A code, never free text';

CREATE INDEX decisions_mail ON core.decisions (mail_id) WHERE mail_id IS NOT NULL;

GRANT SELECT, INSERT ON core.decisions TO mailroom_app;
