-- The SQL door: what BI tools read of the partner directory over the Postgres wire.
-- depends: directory_0001

-- migrate: apply

-- Names and columns are promised: they stay while tables change. No view has personal data, nor what the reporting tool may not
-- see. Who reads them is granted after every migration (sql/every_source/reporting_role.sql).
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE VIEW reporting.associations AS
SELECT a.id, a.code, a.name_ja, a.name_en, a.role, a.phases
FROM directory.association AS a;

COMMENT ON VIEW reporting.associations IS 'Bodies that partners belong to.';

COMMENT ON COLUMN reporting.associations.id IS 'Its key in all views.';

COMMENT ON COLUMN reporting.associations.code IS 'A word that does not change.';

COMMENT ON COLUMN reporting.associations.name_ja IS 'Its name in Japanese.';

COMMENT ON COLUMN reporting.associations.name_en IS 'Its name in English.';

COMMENT ON COLUMN reporting.associations.role IS 'What its members do: ADVISOR, INTEGRATOR or TRAINER.';

COMMENT ON COLUMN reporting.associations.phases IS 'The phases its members are strong in.';

CREATE VIEW reporting.partners AS
SELECT
    p.id, p.name, p.name_en, p.corporate_number, p.roles, p.specialties, p.country, p.region, p.joined_on, p.endorsed_plan_on
FROM directory.partner AS p;

COMMENT ON VIEW reporting.partners IS 'Firms: members of the programme, and certified firms that could become one.';

COMMENT ON COLUMN reporting.partners.id IS 'Its key in all views.';

COMMENT ON COLUMN reporting.partners.name IS 'Its name.';

COMMENT ON COLUMN reporting.partners.name_en IS 'Its name in English, where it has one.';

COMMENT ON COLUMN reporting.partners.corporate_number IS 'National corporate number, 13 digits.';

COMMENT ON COLUMN reporting.partners.roles IS 'What it does: ADVISOR, INTEGRATOR, TRAINER.';

COMMENT ON COLUMN reporting.partners.specialties IS 'What it is good at, in its own words.';

COMMENT ON COLUMN reporting.partners.country IS 'ISO 3166-1 alpha-2.';

COMMENT ON COLUMN reporting.partners.region IS 'ISO 3166-2, for example JP-13.';

COMMENT ON COLUMN reporting.partners.joined_on IS 'When it joined the programme, null where it has not.';

COMMENT ON COLUMN reporting.partners.endorsed_plan_on IS 'When it endorsed the national plan, null where it has not.';

CREATE VIEW reporting.memberships AS
SELECT m.partner_id, m.association_id
FROM directory.membership AS m;

COMMENT ON VIEW reporting.memberships IS 'Which partner belongs to which association. A partner may belong to several.';

COMMENT ON COLUMN reporting.memberships.partner_id IS 'Of reporting.partners.';

COMMENT ON COLUMN reporting.memberships.association_id IS 'Of reporting.associations.';

-- migrate: rollback

DROP VIEW reporting.memberships;

DROP VIEW reporting.partners;

DROP VIEW reporting.associations;
