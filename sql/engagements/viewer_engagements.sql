-- A fact for the policy: the engagements that the viewer sees in full, which are those whose title shows.
-- Index: assignment_partner, client_advisor, engagement_client
SELECT e.id
FROM engagements.engagement AS e
WHERE {visible engagements.engagement e} AND {visible engagements.engagement.title e}
