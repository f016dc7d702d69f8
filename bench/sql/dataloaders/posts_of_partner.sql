-- The newest posts of the partners $1, at most $2 of each.
SELECT parent.key AS parent_key, t.id, t.title
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT t.* FROM community.post AS t WHERE t.partner_id = parent.key ORDER BY t.posted_at DESC, t.id DESC LIMIT $2
) AS t
