-- What the advisor found. Index: finding_engagement
-- :engagement_id  in this engagement
-- Keys for ordering: found_at, id
SELECT f.id, f.symptom_code, f.note, f.found_at
FROM engagements.finding AS f
WHERE f.engagement_id = :engagement_id
