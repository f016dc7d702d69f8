-- The hand-offs of the engagements $1, at most 100 of each.
SELECT parent.key AS parent_key, h.status, h.to_phase, h.to_partner_id
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT h.* FROM engagements.handoff AS h WHERE h.engagement_id = parent.key ORDER BY h.offered_at, h.id LIMIT 100
) AS h
