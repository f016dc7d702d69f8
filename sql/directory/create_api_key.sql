-- Make an API key.
-- $1 prefix, $2 secret_sha256, $3 kind, $4 partner_id, $5 name, $6 scopes, $7 client, $8 expires_at
INSERT INTO directory.api_key (prefix, secret_sha256, kind, partner_id, name, scopes, client, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
