-- A fact for the policy: the firms that share an engagement with the viewer's firm: they lead or have led a phase of one that it
-- sees in full, or advise its client. Index: assignment_partner, client_advisor, engagement_client, assignment_pkey
SELECT a.partner_id AS id
FROM engagements.assignment AS a
WHERE {visible engagements.assignment a}
UNION SELECT c.advisor_id
FROM engagements.engagement AS e
JOIN engagements.client AS c ON c.id = e.client_id
WHERE {visible engagements.engagement.client_id e}
