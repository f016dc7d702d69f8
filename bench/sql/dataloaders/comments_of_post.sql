-- The oldest comments on the posts $1, at most $2 on each.
SELECT parent.key AS parent_key, c.body, c.author_id
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT c.* FROM community.comment AS c WHERE c.post_id = parent.key ORDER BY c.posted_at, c.id LIMIT $2
) AS c
