-- How engagements stand: what the rules of hub/lifecycle.py ask of them. Send it with one of the two:
-- [:ids]  of these, where they are visible. Index: engagement_pkey
-- [:locked_id]  of the one that this transaction has found under the viewer's rule, and locked. Index: engagement_pkey
-- Columns: offer_…: the hand-off that is OFFERED, lapsed or not. Index: handoff_open
--     now: by the clock of the database, which all nodes share; at: now, but never before the engagement's last change
SELECT
    e.id, e.phase, e.status, e.lead_partner_id, e.version, c.region,
    EXISTS (SELECT FROM engagements.prescription AS p WHERE p.engagement_id = e.id) AS is_prescribed,
    (SELECT count(*) FROM engagements.finding AS f WHERE f.engagement_id = e.id) AS findings,
    (SELECT count(*) FROM engagements.handoff AS h WHERE h.engagement_id = e.id) AS handoffs,
    (SELECT count(*) FROM engagements.assignment AS a WHERE a.engagement_id = e.id) AS assignments,
    o.id AS offer_id, o.from_phase AS offer_from_phase, o.to_phase AS offer_to_phase,
    o.from_partner_id AS offer_from_partner_id, o.to_partner_id AS offer_to_partner_id, o.respond_by AS offer_respond_by,
    clock_timestamp() AS now,
    greatest(clock_timestamp(), e.updated_at) AS at
FROM engagements.engagement AS e
JOIN engagements.client AS c ON c.id = e.client_id
LEFT JOIN engagements.handoff AS o ON o.engagement_id = e.id AND o.status = 'OFFERED'
WHERE TRUE
[[AND {visible engagements.engagement e} AND e.id = ANY(:ids)]]
[[AND e.id = :locked_id]]
