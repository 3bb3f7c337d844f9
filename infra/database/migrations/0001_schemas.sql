-- Schemas, pgcrypto, and the domain that lets only AES-256 ciphertext into a column.

CREATE EXTENSION IF NOT EXISTS pgcrypto;

CREATE SCHEMA ingestion;
COMMENT ON SCHEMA ingestion IS 'What came in: accounts, anonymized mail, encrypted originals';

CREATE SCHEMA core;
COMMENT ON SCHEMA core IS 'What became of it: ledger, receipts, outbox, flags';

-- What pgp_sym_encrypt(…, 'cipher-algo=aes256') begins with: a new-format packet of tag 3, version 4,
-- cipher 9 (RFC 4880 sections 4.2, 5.3 and 9.2). Clear text written by mistake is refused.
CREATE DOMAIN core.sealed AS bytea CHECK (substring(VALUE FROM 1 FOR 4) = '\xc30d0409'::bytea);
COMMENT ON DOMAIN core.sealed IS 'OpenPGP message of pgcrypto, AES-256; the key is not in the database';
