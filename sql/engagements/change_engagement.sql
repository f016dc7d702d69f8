-- Write how an engagement stands after a change, which is made under its lock. Index: engagement_pkey
UPDATE engagements.engagement AS e
SET phase = :phase, status = :status, lead_partner_id = :lead_partner_id, version = :version, updated_at = :at,
    closed_at = CASE WHEN :status = 'OPEN' THEN NULL ELSE :at::timestamptz END, closing_note = :closing_note
WHERE e.id = :id
