-- The certifications of the partners $1, at most 100 of each, with their status on the day $2.
SELECT parent.key AS parent_key, c.program, c.level, certifications.status_on(c.state, c.expires_on, $2) AS status, c.expires_on
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT c.* FROM certifications.certification AS c WHERE c.partner_id = parent.key ORDER BY c.id LIMIT 100
) AS c
