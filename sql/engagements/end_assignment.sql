-- End the assignment that goes on. Index: assignment_current
UPDATE engagements.assignment AS a
SET ended_at = greatest(:at, a.started_at)
WHERE a.engagement_id = :engagement_id AND a.ended_at IS NULL
