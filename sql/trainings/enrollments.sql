-- Places in sessions, each of one attendee.
-- [:ids]  these only. Index: enrollment_pkey
-- [:session_id]  of one session. Index: enrollment_session
-- [:engagement_id]  for one engagement. Index: enrollment_engagement
SELECT n.id, n.session_id, {shown trainings.enrollment.engagement_id n} AS engagement_id, n.attendee, n.status
FROM trainings.enrollment AS n
WHERE {visible trainings.enrollment n}
[[AND n.id = ANY(:ids)]]
[[AND n.session_id = :session_id]]
[[AND {visible trainings.enrollment.engagement_id n} AND n.engagement_id = :engagement_id]]
