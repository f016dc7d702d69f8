-- Sessions of courses, with how many seats are held.
-- [:ids]  these only. Index: session_pkey
-- [:course_id]  of one course. Index: session_course
-- [:starts_from], [:starts_before]  Index: session_starts_at
-- [:regions], [:has_seats]  filters upon the rest
-- Keys for ordering: starts_at, id (session_starts_at, session_course)
SELECT
    s.id, s.course_id, s.starts_at, s.region, s.seats,
    (
        SELECT count(*) FROM trainings.enrollment AS held
        WHERE held.session_id = s.id AND held.status IN ('ENROLLED', 'COMPLETED', 'NO_SHOW')
    ) AS enrolled_count
FROM trainings.session AS s
WHERE {visible trainings.session s}
[[AND s.id = ANY(:ids)]]
[[AND s.course_id = :course_id]]
[[AND s.starts_at >= :starts_from]]
[[AND s.starts_at < :starts_before]]
[[AND s.region = ANY(:regions)]]
[[AND :has_seats = (s.seats > (
    SELECT count(*) FROM trainings.enrollment AS held
    WHERE held.session_id = s.id AND held.status IN ('ENROLLED', 'COMPLETED', 'NO_SHOW')))]]
