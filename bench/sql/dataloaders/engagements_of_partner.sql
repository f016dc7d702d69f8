-- The engagements that the partners $1 lead or have led, at most $2 of each.
SELECT parent.key AS parent_key, e.id, e.title, e.phase, e.status, e.client_id, e.lead_partner_id
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT e.* FROM engagements.engagement AS e WHERE e.id IN (
        SELECT a.engagement_id FROM engagements.assignment AS a WHERE a.partner_id = parent.key
        UNION ALL SELECT led.id FROM engagements.engagement AS led WHERE led.lead_partner_id = parent.key
    ) ORDER BY e.id LIMIT $2
) AS e
