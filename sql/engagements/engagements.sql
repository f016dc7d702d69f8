-- Engagements, with where their client is and what it does, the client itself where it shows (client.…), and the viewer's firm's
-- own identifier of them.
-- [:ids]  these only. Index: engagement_pkey
-- [:external_refs]  those that the viewer's firm calls so. Index: external_ref_partner_id_ref_key
-- [:partner_id]  that this firm leads or has led. Index: assignment_partner, engagement_lead_partner, merged in the order of ids,
--     so that a page ends where it is full
-- [:of_client_id], [:client_id]  of a parent, and of a filter. Index: engagement_client
-- [:lead_partner_id]  Index: engagement_lead_partner
-- What the viewer is not shown of an engagement does not match either.
-- [:search]  anywhere in title or client's name. Index: engagement_search, client_search
-- [:phases], [:statuses]  Index: engagement_phase
-- [:regions], [:industries]  of the client. Index: client_region, client_industry
-- [:opened_from], [:opened_before]  Index: engagement_opened_at
-- [:updated_since]  Index: engagement_updated_at
-- Keys for ordering: id; opened_at, id (engagement_opened_at); updated_at, id (engagement_updated_at)
SELECT
    e.id,
    {shown engagements.engagement.title e} AS title,
    e.phase, e.status,
    {shown engagements.engagement.client_id e} AS client_id,
    c.region, c.industry, e.lead_partner_id, e.version, e.opened_at, e.updated_at,
    {shown engagements.engagement.closed_at e} AS closed_at,
    {shown engagements.engagement.closing_note e} AS closing_note,
    (
        SELECT x.ref FROM engagements.external_ref AS x
        WHERE {visible engagements.external_ref x} AND x.engagement_id = e.id AND x.partner_id = :viewer_partner_id
    ) AS external_ref,
    seen.id AS "client.id",
    seen.name AS "client.name",
    seen.name_kana AS "client.name_kana",
    seen.corporate_number AS "client.corporate_number",
    seen.region AS "client.region",
    seen.industry AS "client.industry",
    seen.employees AS "client.employees",
    seen.advisor_id AS "client.advisor_id"
FROM engagements.engagement AS e
LEFT JOIN engagements.client AS c ON c.id = e.client_id
LEFT JOIN LATERAL (
    SELECT c.* WHERE {visible engagements.engagement.client_id e} AND {visible engagements.client c}
) AS seen ON TRUE
[[JOIN (
    SELECT a.engagement_id AS id FROM engagements.assignment AS a WHERE {visible engagements.assignment a} AND a.partner_id = :partner_id
    UNION SELECT led.id FROM engagements.engagement AS led WHERE led.lead_partner_id = :partner_id
) AS near ON near.id = e.id]]
WHERE {visible engagements.engagement e}
[[AND e.id = ANY(:ids)]]
[[AND e.id IN (
    SELECT x.engagement_id FROM engagements.external_ref AS x
    WHERE {visible engagements.external_ref x} AND x.partner_id = :viewer_partner_id AND x.ref = ANY(:external_refs))]]
[[AND {visible engagements.engagement.client_id e} AND e.client_id = :of_client_id]]
[[AND {visible engagements.engagement.client_id e} AND e.client_id = :client_id]]
[[AND e.lead_partner_id = :lead_partner_id]]
[[AND {visible engagements.engagement.title e} AND (
    e.search LIKE engagements.fold_pattern(:search)
    OR e.client_id = ANY(ARRAY(
        SELECT found.id FROM engagements.client AS found
        WHERE {visible engagements.client found} AND found.search LIKE engagements.fold_pattern(:search))))]]
[[AND e.phase = ANY(:phases)]]
[[AND e.status = ANY(:statuses)]]
[[AND c.region = ANY(:regions)]]
[[AND c.industry = ANY(:industries)]]
[[AND e.opened_at >= :opened_from]]
[[AND e.opened_at < :opened_before]]
[[AND e.updated_at >= :updated_since]]
