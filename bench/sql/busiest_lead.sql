-- The firm that leads the most engagements, and the newest of them.
SELECT e.lead_partner_id, max(e.id) AS engagement_id FROM engagements.engagement AS e
GROUP BY e.lead_partner_id ORDER BY count(*) DESC, e.lead_partner_id LIMIT 1
