-- The SQL door: what BI tools read of trainings over the Postgres wire.
-- depends: trainings_0001

-- migrate: apply

-- Names and columns are promised: they stay while tables change. No view has personal data, nor what the reporting tool may not
-- see. Who reads them is granted after every migration (sql/every_source/reporting_role.sql).
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE VIEW reporting.courses AS
SELECT c.id, c.provider_id, c.title, c.product, c.hours
FROM trainings.course AS c;

COMMENT ON VIEW reporting.courses IS 'Courses that partners provide.';

COMMENT ON COLUMN reporting.courses.id IS 'Its key.';

COMMENT ON COLUMN reporting.courses.provider_id IS 'Who provides it: of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.courses.title IS 'Its title.';

COMMENT ON COLUMN reporting.courses.product IS 'What it is about, null where no product.';

COMMENT ON COLUMN reporting.courses.hours IS 'How long it takes.';

CREATE VIEW reporting.training_sessions AS
SELECT
    s.id, s.course_id, s.starts_at, s.region, s.seats,
    coalesce(n.enrolled, 0) AS enrolled, coalesce(n.completed, 0) AS completed, coalesce(n.no_show, 0) AS no_show,
    coalesce(n.waitlisted, 0) AS waitlisted, coalesce(n.cancelled, 0) AS cancelled
FROM trainings.session AS s
LEFT JOIN (
    SELECT
        e.session_id,
        count(*) FILTER (WHERE e.status = 'ENROLLED') AS enrolled,
        count(*) FILTER (WHERE e.status = 'COMPLETED') AS completed,
        count(*) FILTER (WHERE e.status = 'NO_SHOW') AS no_show,
        count(*) FILTER (WHERE e.status = 'WAITLISTED') AS waitlisted,
        count(*) FILTER (WHERE e.status = 'CANCELLED') AS cancelled
    FROM trainings.enrollment AS e
    GROUP BY e.session_id
) AS n ON n.session_id = s.id;

COMMENT ON VIEW reporting.training_sessions IS 'Sessions of courses, with how many take part: nobody is named.';

COMMENT ON COLUMN reporting.training_sessions.id IS 'Its key.';

COMMENT ON COLUMN reporting.training_sessions.course_id IS 'Of reporting.courses.';

COMMENT ON COLUMN reporting.training_sessions.starts_at IS 'When it starts.';

COMMENT ON COLUMN reporting.training_sessions.region IS 'Where it is held, ISO 3166-2.';

COMMENT ON COLUMN reporting.training_sessions.seats IS 'How many seats there are.';

COMMENT ON COLUMN reporting.training_sessions.enrolled IS 'How many are enrolled and not done yet. These, completed and no_show hold a seat.';

COMMENT ON COLUMN reporting.training_sessions.completed IS 'How many completed it.';

COMMENT ON COLUMN reporting.training_sessions.no_show IS 'How many did not show up.';

COMMENT ON COLUMN reporting.training_sessions.waitlisted IS 'How many wait for a seat.';

COMMENT ON COLUMN reporting.training_sessions.cancelled IS 'How many cancelled.';

-- migrate: rollback

DROP VIEW reporting.training_sessions;

DROP VIEW reporting.courses;
