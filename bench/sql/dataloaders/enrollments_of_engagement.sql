-- The enrollments of the engagements $1, at most $2 of each.
SELECT parent.key AS parent_key, n.attendee, n.status
FROM unnest($1::bigint[]) AS parent (key) CROSS JOIN LATERAL (
    SELECT n.* FROM trainings.enrollment AS n WHERE n.engagement_id = parent.key ORDER BY n.id LIMIT $2
) AS n
