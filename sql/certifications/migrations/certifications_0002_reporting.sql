-- The SQL door: what BI tools read of certification status over the Postgres wire.
-- depends: certifications_0001

-- migrate: apply

-- Names and columns are promised: they stay while tables change. No view has personal data, nor what the reporting tool may not
-- see. Who reads them is granted after every migration (sql/every_source/reporting_role.sql).
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE VIEW reporting.certifications AS
SELECT
    c.id, c.partner_id, c.program, c.level, c.competencies,
    CASE WHEN c.state IN ('ACTIVE', 'SUSPENDED') AND c.expires_on < current_date THEN 'EXPIRED' ELSE c.state END AS status,
    c.awarded_on, c.expires_on
FROM certifications.certification AS c;

COMMENT ON VIEW reporting.certifications IS 'Awards of certification programs to partners.';

COMMENT ON COLUMN reporting.certifications.id IS 'Its key.';

COMMENT ON COLUMN reporting.certifications.partner_id IS 'Of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.certifications.program IS 'What was certified.';

COMMENT ON COLUMN reporting.certifications.level IS 'At which level.';

COMMENT ON COLUMN reporting.certifications.competencies IS 'What it certifies in detail.';

COMMENT ON COLUMN reporting.certifications.status IS 'PENDING, ACTIVE, SUSPENDED, EXPIRED or REVOKED, as of today in the time zone of the session.';

COMMENT ON COLUMN reporting.certifications.awarded_on IS 'First day.';

COMMENT ON COLUMN reporting.certifications.expires_on IS 'Last day, null where it does not end.';

-- migrate: rollback

DROP VIEW reporting.certifications;
