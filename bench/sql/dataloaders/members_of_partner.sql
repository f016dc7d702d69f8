-- The members of the partners $1, at most $2 of each.
SELECT parent.key AS parent_key, m.name, m.qualifications
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT m.* FROM directory.member AS m WHERE m.partner_id = parent.key ORDER BY m.id LIMIT $2
) AS m
