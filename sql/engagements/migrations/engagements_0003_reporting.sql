-- The SQL door: what BI tools read of engagements over the Postgres wire.
-- depends: engagements_0001

-- migrate: apply

-- Names and columns are promised: they stay while tables change. No view has personal data, nor what the reporting tool may not
-- see. Who reads them is granted after every migration (sql/every_source/reporting_role.sql).
CREATE SCHEMA IF NOT EXISTS reporting;

CREATE VIEW reporting.engagements AS
SELECT
    e.id, e.phase, e.status, c.region, c.industry, e.lead_partner_id, e.opened_at, e.updated_at, e.closed_at
FROM engagements.engagement AS e
JOIN engagements.client AS c ON c.id = e.client_id;

COMMENT ON VIEW reporting.engagements IS 'Engagements: the help for one client each, without what tells the client.';

COMMENT ON COLUMN reporting.engagements.id IS 'Its key in all views.';

COMMENT ON COLUMN reporting.engagements.phase IS 'AWARENESS, CONSULTATION, DEPLOYMENT or UTILIZATION: where it is, or was when it closed.';

COMMENT ON COLUMN reporting.engagements.status IS 'OPEN, COMPLETED or ABANDONED.';

COMMENT ON COLUMN reporting.engagements.region IS 'Where the client is, ISO 3166-2.';

COMMENT ON COLUMN reporting.engagements.industry IS 'What the client does.';

COMMENT ON COLUMN reporting.engagements.lead_partner_id IS 'Who leads the phase: of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.engagements.opened_at IS 'When it was opened.';

COMMENT ON COLUMN reporting.engagements.updated_at IS 'When it last changed.';

COMMENT ON COLUMN reporting.engagements.closed_at IS 'When it was completed or abandoned, null while it is open.';

CREATE VIEW reporting.phase_assignments AS
SELECT a.engagement_id, a.position, a.phase, a.partner_id, a.started_at, a.ended_at
FROM engagements.assignment AS a;

COMMENT ON VIEW reporting.phase_assignments IS 'Which partner led which phase of an engagement, when: one row a phase and lead.';

COMMENT ON COLUMN reporting.phase_assignments.engagement_id IS 'Of reporting.engagements.';

COMMENT ON COLUMN reporting.phase_assignments.position IS 'The place within the engagement, from 1.';

COMMENT ON COLUMN reporting.phase_assignments.phase IS 'The phase.';

COMMENT ON COLUMN reporting.phase_assignments.partner_id IS 'Who led it: of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.phase_assignments.started_at IS 'Since when.';

COMMENT ON COLUMN reporting.phase_assignments.ended_at IS 'Until when, null for the one of now.';

CREATE VIEW reporting.findings AS
SELECT f.id, f.engagement_id, f.symptom_code, f.found_at
FROM engagements.finding AS f;

COMMENT ON VIEW reporting.findings IS 'What advisors found, without their notes.';

COMMENT ON COLUMN reporting.findings.id IS 'Its key.';

COMMENT ON COLUMN reporting.findings.engagement_id IS 'Of reporting.engagements.';

COMMENT ON COLUMN reporting.findings.symptom_code IS 'Of reporting.symptoms.';

COMMENT ON COLUMN reporting.findings.found_at IS 'When it was found.';

CREATE VIEW reporting.symptoms AS
SELECT s.code, s.label_ja, s.label_en, s.position
FROM engagements.symptom AS s;

COMMENT ON VIEW reporting.symptoms IS 'Symptoms of a business.';

COMMENT ON COLUMN reporting.symptoms.code IS 'A word that does not change.';

COMMENT ON COLUMN reporting.symptoms.label_ja IS 'Its name in Japanese.';

COMMENT ON COLUMN reporting.symptoms.label_en IS 'Its name in English.';

COMMENT ON COLUMN reporting.symptoms.position IS 'Its place in lists.';

CREATE VIEW reporting.prescriptions AS
SELECT p.engagement_id, p.remedy, p.prescribed_at
FROM engagements.prescription AS p;

COMMENT ON VIEW reporting.prescriptions IS 'What advisors prescribed, one at most an engagement, without their notes.';

COMMENT ON COLUMN reporting.prescriptions.engagement_id IS 'Of reporting.engagements.';

COMMENT ON COLUMN reporting.prescriptions.remedy IS 'What was prescribed.';

COMMENT ON COLUMN reporting.prescriptions.prescribed_at IS 'When.';

CREATE VIEW reporting.handoffs AS
SELECT
    h.id, h.engagement_id, h.from_phase, h.to_phase, h.from_partner_id, h.to_partner_id, h.status, h.offered_at, h.respond_by,
    h.responded_at, h.decline_reason
FROM engagements.handoff AS h;

COMMENT ON VIEW reporting.handoffs IS 'Offers to hand an engagement over, without their notes.';

COMMENT ON COLUMN reporting.handoffs.id IS 'Its key.';

COMMENT ON COLUMN reporting.handoffs.engagement_id IS 'Of reporting.engagements.';

COMMENT ON COLUMN reporting.handoffs.from_phase IS 'The phase of the sender.';

COMMENT ON COLUMN reporting.handoffs.to_phase IS 'The phase of the receiver: the same or the next.';

COMMENT ON COLUMN reporting.handoffs.from_partner_id IS 'The sender: of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.handoffs.to_partner_id IS 'The receiver, likewise.';

COMMENT ON COLUMN reporting.handoffs.status IS 'OFFERED, ACCEPTED, DECLINED, EXPIRED or WITHDRAWN. One that is OFFERED past respond_by has lapsed all the same.';

COMMENT ON COLUMN reporting.handoffs.offered_at IS 'When it was offered.';

COMMENT ON COLUMN reporting.handoffs.respond_by IS 'When the offer lapses.';

COMMENT ON COLUMN reporting.handoffs.responded_at IS 'When it was answered, withdrawn or swept, null while it is offered.';

COMMENT ON COLUMN reporting.handoffs.decline_reason IS 'Why it was declined, null where it was not.';

-- migrate: rollback

DROP VIEW reporting.handoffs;

DROP VIEW reporting.prescriptions;

DROP VIEW reporting.symptoms;

DROP VIEW reporting.findings;

DROP VIEW reporting.phase_assignments;

DROP VIEW reporting.engagements;
