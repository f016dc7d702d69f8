-- All API keys, the newest first, for operators: nothing of a secret, not even its hash.
SELECT
    k.prefix, k.name, k.kind, p.name AS firm, k.scopes, k.client, k.created_at, k.expires_at, k.last_used_at,
    CASE
        WHEN k.revoked_at IS NOT NULL THEN 'revoked'
        WHEN k.expires_at <= now() THEN 'expired'
        ELSE 'live'
    END AS state
FROM directory.api_key AS k LEFT JOIN directory.partner AS p ON p.id = k.partner_id
ORDER BY k.created_at DESC, k.id DESC
