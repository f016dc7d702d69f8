-- Open an engagement. Columns: id
INSERT INTO engagements.engagement (title, client_id, phase, status, lead_partner_id, version, opened_at, updated_at)
VALUES (:title, :client_id, :phase, 'OPEN', :lead_partner_id, 1, :at, :at)
RETURNING id
