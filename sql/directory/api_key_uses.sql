-- Note when API keys were last used. Several nodes do; the latest stands. Index: api_key_prefix_key
-- $1  prefixes
-- $2  when each was used
UPDATE directory.api_key AS k SET last_used_at = used.at
FROM unnest($1::text[], $2::timestamptz[]) AS used (prefix, at)
WHERE k.prefix = used.prefix AND (k.last_used_at IS NULL OR k.last_used_at < used.at)
