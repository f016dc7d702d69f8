-- What the advisor found. Index: finding_engagement
-- :engagement_id  in this engagement
-- Keys for ordering: found_at, id
SELECT f.id, f.engagement_id, f.symptom_code, {shown engagements.finding.note f} AS note, f.found_at
FROM engagements.finding AS f
WHERE {visible engagements.finding f}
AND f.engagement_id = :engagement_id
