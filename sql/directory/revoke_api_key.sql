-- Revoke an API key, for good. One that is revoked already keeps its time. Index: api_key_prefix_key
-- $1  the prefix
UPDATE directory.api_key SET revoked_at = coalesce(revoked_at, now()) WHERE prefix = $1
RETURNING prefix, name
