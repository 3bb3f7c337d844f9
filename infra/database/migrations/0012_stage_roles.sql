-- Each function has a role and a login of its own (infra/database/rights.py, made by infra.database.migrate): the common role ends.
-- depends: 0011_governance

REVOKE ALL ON ALL TABLES IN SCHEMA core, ingestion FROM mailroom_app;

REVOKE USAGE ON SCHEMA core, ingestion FROM mailroom_app;
