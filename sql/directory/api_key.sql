-- The API key with a prefix, if it is neither revoked nor expired: read before it is known who asks, so no policy applies.
-- Index: api_key_prefix_key
-- $1  the prefix
SELECT k.secret_sha256, k.kind, k.partner_id, k.name, k.scopes, k.client, k.expires_at
FROM directory.api_key AS k
WHERE k.prefix = $1 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())
