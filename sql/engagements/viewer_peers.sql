-- A fact for the policy: the firms that share an engagement with the viewer's firm: they lead or have led a phase of one that it
-- sees in full, or advise its client. Index: assignment_partner, client_advisor, engagement_client, assignment_pkey
WITH shared AS MATERIALIZED (
    SELECT e.id, e.client_id FROM engagements.engagement AS e
    WHERE {visible engagements.engagement e} AND {visible engagements.engagement.title e}
)
SELECT a.partner_id AS id
FROM engagements.assignment AS a
WHERE {visible engagements.assignment a} AND a.engagement_id IN (SELECT shared.id FROM shared)
UNION SELECT c.advisor_id
FROM engagements.client AS c
WHERE {visible engagements.client c} AND c.id IN (SELECT shared.client_id FROM shared)
