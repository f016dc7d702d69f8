-- The firm that leads the most open engagements. Index: engagement_lead_partner; reads every engagement, for the demo's guide.
SELECT e.lead_partner_id
FROM engagements.engagement AS e
WHERE {visible engagements.engagement e} AND e.status = 'OPEN'
GROUP BY e.lead_partner_id
ORDER BY count(*) DESC, e.lead_partner_id
LIMIT 1
