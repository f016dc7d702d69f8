-- Figures by hand, each after the operation that it answers: one database, so that a statement may read all of them.

-- { engagementStats(groupBy: [PHASE]) { phase engagements } }
SELECT e.phase, count(*)
FROM engagements.engagement AS e
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [STATUS]) { status engagements } }
SELECT e.status, count(*)
FROM engagements.engagement AS e
GROUP BY e.status ORDER BY e.status;

-- { engagementStats(groupBy: [REGION]) { region engagements } }
SELECT c.region, count(*)
FROM engagements.engagement AS e
JOIN engagements.client AS c ON c.id = e.client_id
GROUP BY c.region ORDER BY c.region;

-- { engagementStats(groupBy: [INDUSTRY]) { industry engagements } }
SELECT c.industry, count(*)
FROM engagements.engagement AS e
JOIN engagements.client AS c ON c.id = e.client_id
GROUP BY c.industry ORDER BY c.industry;

-- { engagementStats(groupBy: [LEAD_REGION]) { leadRegion engagements } }
SELECT p.region, count(*)
FROM engagements.engagement AS e
LEFT JOIN directory.partner AS p ON p.id = e.lead_partner_id
GROUP BY p.region ORDER BY p.region;

-- { engagementStats(groupBy: [LEAD_ASSOCIATION]) { leadAssociation { id } engagements } }
SELECT encode(convert_to('Association:' || m.association_id, 'UTF8'), 'base64'), count(*)
FROM engagements.engagement AS e
LEFT JOIN directory.membership AS m ON m.partner_id = e.lead_partner_id
GROUP BY m.association_id ORDER BY m.association_id;

-- { engagementStats(groupBy: [OPENED_WEEK]) { openedPeriod engagements } }
SELECT date_trunc('week', e.opened_at AT TIME ZONE 'Asia/Tokyo')::date AS period, count(*)
FROM engagements.engagement AS e
GROUP BY period ORDER BY period;

-- { engagementStats(groupBy: [OPENED_MONTH]) { openedPeriod engagements } }
SELECT date_trunc('month', e.opened_at AT TIME ZONE 'Asia/Tokyo')::date AS period, count(*)
FROM engagements.engagement AS e
GROUP BY period ORDER BY period;

-- { engagementStats(groupBy: [OPENED_QUARTER]) { openedPeriod engagements } }
SELECT date_trunc('quarter', e.opened_at AT TIME ZONE 'Asia/Tokyo')::date AS period, count(*)
FROM engagements.engagement AS e
GROUP BY period ORDER BY period;

-- { engagementStats(groupBy: [OPENED_YEAR]) { openedPeriod engagements } }
SELECT date_trunc('year', e.opened_at AT TIME ZONE 'Asia/Tokyo')::date AS period, count(*)
FROM engagements.engagement AS e
GROUP BY period ORDER BY period;

-- { engagementStats(groupBy: [SYMPTOM]) { symptom { code } engagements } }
SELECT f.symptom_code, count(DISTINCT e.id)
FROM engagements.engagement AS e
LEFT JOIN engagements.finding AS f ON f.engagement_id = e.id
GROUP BY f.symptom_code ORDER BY f.symptom_code;

-- { engagementStats(groupBy: [LEAD_PARTNER], top: 10) { leadPartner { id } engagements isRest } }
WITH ranked AS (
    SELECT e.lead_partner_id, count(*) AS engagements, row_number() OVER (ORDER BY count(*) DESC, e.lead_partner_id) AS place
    FROM engagements.engagement AS e GROUP BY e.lead_partner_id
)
SELECT id, engagements, is_rest FROM (
    SELECT encode(convert_to('Partner:' || lead_partner_id, 'UTF8'), 'base64') AS id, engagements, false AS is_rest, place
    FROM ranked WHERE place <= 10
    UNION ALL SELECT NULL, sum(engagements)::bigint, true, NULL FROM ranked WHERE place > 10
) AS shown ORDER BY place;

-- { engagementStats(groupBy: [LEAD_PARTNER], top: 10) { leadPartner { id } engagements clients medianDaysOpen isRest } }
WITH ranked AS (
    SELECT e.lead_partner_id, row_number() OVER (ORDER BY count(*) DESC, e.lead_partner_id) AS place
    FROM engagements.engagement AS e GROUP BY e.lead_partner_id
)
SELECT
    CASE WHEN least(r.place, 11) < 11 THEN encode(convert_to('Partner:' || min(e.lead_partner_id), 'UTF8'), 'base64') END,
    count(*), count(DISTINCT e.client_id),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', coalesce(e.closed_at, now()) - e.opened_at) / 86400),
    least(r.place, 11) = 11
FROM engagements.engagement AS e
JOIN ranked AS r ON r.lead_partner_id = e.lead_partner_id
GROUP BY least(r.place, 11) ORDER BY least(r.place, 11);

-- { engagementStats(groupBy: [PHASE]) { phase clients } }
SELECT e.phase, count(DISTINCT e.client_id)
FROM engagements.engagement AS e
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase medianDaysOpen } }
SELECT e.phase, percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', coalesce(e.closed_at, now()) - e.opened_at) / 86400)
FROM engagements.engagement AS e
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase p90DaysOpen } }
SELECT e.phase, percentile_cont(0.9) WITHIN GROUP (ORDER BY date_part('epoch', coalesce(e.closed_at, now()) - e.opened_at) / 86400)
FROM engagements.engagement AS e
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase completionRate } }
SELECT e.phase, count(*) FILTER (WHERE e.status = 'COMPLETED')::float8 / nullif(count(*) FILTER (WHERE e.status <> 'OPEN'), 0)
FROM engagements.engagement AS e
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase handoffs } }
SELECT e.phase, count(*)
FROM engagements.handoff AS h
JOIN engagements.engagement AS e ON e.id = h.engagement_id
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase acceptanceRate } }
SELECT e.phase, count(*) FILTER (WHERE h.status = 'ACCEPTED')::float8
    / nullif(count(*) FILTER (WHERE h.status IN ('ACCEPTED', 'DECLINED', 'EXPIRED') OR h.status = 'OFFERED' AND h.respond_by <= now()), 0)
FROM engagements.handoff AS h
JOIN engagements.engagement AS e ON e.id = h.engagement_id
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase medianDaysToAccept } }
SELECT e.phase, percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', h.responded_at - h.offered_at) / 86400)
    FILTER (WHERE h.status = 'ACCEPTED')
FROM engagements.handoff AS h
JOIN engagements.engagement AS e ON e.id = h.engagement_id
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE]) { phase p90DaysToAccept } }
SELECT e.phase, percentile_cont(0.9) WITHIN GROUP (ORDER BY date_part('epoch', h.responded_at - h.offered_at) / 86400)
    FILTER (WHERE h.status = 'ACCEPTED')
FROM engagements.handoff AS h
JOIN engagements.engagement AS e ON e.id = h.engagement_id
GROUP BY e.phase ORDER BY e.phase;

-- { engagementStats(groupBy: [PHASE, STATUS]) { phase status engagements clients handoffs acceptanceRate medianDaysToAccept medianDaysOpen } }
WITH own AS (
    SELECT e.phase, e.status, count(*) AS engagements, count(DISTINCT e.client_id) AS clients,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', coalesce(e.closed_at, now()) - e.opened_at) / 86400) AS days_open
    FROM engagements.engagement AS e GROUP BY e.phase, e.status
),
passed AS (
    SELECT e.phase, e.status, count(*) AS handoffs, count(*) FILTER (WHERE h.status = 'ACCEPTED')::float8
    / nullif(count(*) FILTER (WHERE h.status IN ('ACCEPTED', 'DECLINED', 'EXPIRED') OR h.status = 'OFFERED' AND h.respond_by <= now()), 0) AS acceptance_rate,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', h.responded_at - h.offered_at) / 86400)
    FILTER (WHERE h.status = 'ACCEPTED') AS days_to_accept
    FROM engagements.handoff AS h
    JOIN engagements.engagement AS e ON e.id = h.engagement_id
    GROUP BY e.phase, e.status
)
SELECT phase, status, engagements, clients, coalesce(handoffs, 0), acceptance_rate, days_to_accept, days_open
FROM own LEFT JOIN passed USING (phase, status) ORDER BY phase, status;

-- { phaseFunnel { phase entered advanced completed abandoned open medianDays } }
SELECT
    a.phase, count(*), count(*) FILTER (WHERE a.phase <> e.phase),
    count(*) FILTER (WHERE a.phase = e.phase AND e.status = 'COMPLETED'),
    count(*) FILTER (WHERE a.phase = e.phase AND e.status = 'ABANDONED'),
    count(*) FILTER (WHERE a.phase = e.phase AND e.status = 'OPEN'),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', a.ended_at - a.started_at) / 86400)
    FILTER (WHERE a.is_over)
FROM (
    SELECT engagement_id, phase, min(started_at) AS started_at, max(ended_at) AS ended_at, bool_and(ended_at IS NOT NULL) AS is_over
    FROM engagements.assignment GROUP BY engagement_id, phase
) AS a
JOIN engagements.engagement AS e ON e.id = a.engagement_id
GROUP BY a.phase ORDER BY a.phase;

-- { handoffStats(groupBy: [TO_PHASE]) { toPhase handoffs receivers acceptanceRate medianDaysToAccept } }
SELECT h.to_phase, count(*), count(DISTINCT h.to_partner_id), count(*) FILTER (WHERE h.status = 'ACCEPTED')::float8
    / nullif(count(*) FILTER (WHERE h.status IN ('ACCEPTED', 'DECLINED', 'EXPIRED') OR h.status = 'OFFERED' AND h.respond_by <= now()), 0),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY date_part('epoch', h.responded_at - h.offered_at) / 86400)
    FILTER (WHERE h.status = 'ACCEPTED')
FROM engagements.handoff AS h
GROUP BY h.to_phase ORDER BY h.to_phase;

-- { certificationStats(groupBy: [PROGRAM]) { program certifications partners } }
SELECT c.program, count(*), count(DISTINCT c.partner_id)
FROM certifications.certification AS c
GROUP BY c.program ORDER BY c.program;

-- { trainingStats(groupBy: [REGION]) { region sessions seatsHeld } }
SELECT s.region, count(*), coalesce(sum(held.held), 0)::bigint
FROM trainings.session AS s
LEFT JOIN (
    SELECT session_id, count(*) AS held FROM trainings.enrollment
    WHERE status IN ('ENROLLED', 'COMPLETED', 'NO_SHOW') GROUP BY session_id
) AS held ON held.session_id = s.id
GROUP BY s.region ORDER BY s.region;

-- { communityStats(groupBy: [VISIBILITY]) { visibility posts comments } }
SELECT p.visibility, count(*), coalesce(sum(k.comments), 0)::bigint
FROM community.post AS p
LEFT JOIN (SELECT post_id, count(*) AS comments FROM community.comment GROUP BY post_id) AS k ON k.post_id = p.id
GROUP BY p.visibility ORDER BY p.visibility;
