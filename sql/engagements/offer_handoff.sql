-- Offer a hand-off. Columns: id
INSERT INTO engagements.handoff
    (engagement_id, from_phase, to_phase, from_partner_id, to_partner_id, status, note, offered_at, respond_by)
VALUES (:engagement_id, :from_phase, :to_phase, :from_partner_id, :to_partner_id, 'OFFERED', :note, :at, :respond_by)
RETURNING id
