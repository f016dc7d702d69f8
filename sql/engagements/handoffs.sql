-- Hand-offs.
-- [:ids]  these only. Index: handoff_pkey
-- [:engagement_id]  of one engagement. Index: handoff_engagement
-- [:partner_id], [:direction]  of one firm: INCOMING to it, OUTGOING from it, EITHER. Index: handoff_to_partner, handoff_from_partner
-- [:statuses], [:to_phases]  filters upon the rest
-- [:respond_before]  lapsing before. Index: handoff_respond_by where the statuses are OFFERED alone
-- Keys for ordering: id; offered_at, id (handoff_engagement)
SELECT
    h.id, h.engagement_id, h.from_phase, h.to_phase, h.from_partner_id, h.to_partner_id, h.status,
    {shown engagements.handoff.note h} AS note,
    h.offered_at, h.respond_by, h.responded_at, h.decline_reason,
    {shown engagements.handoff.decline_note h} AS decline_note
FROM engagements.handoff AS h
WHERE {visible engagements.handoff h}
[[AND h.id = ANY(:ids)]]
[[AND h.engagement_id = :engagement_id]]
[[AND (
    (h.to_partner_id = :partner_id AND :direction <> 'OUTGOING')
    OR (h.from_partner_id = :partner_id AND :direction <> 'INCOMING'))]]
[[AND h.status = ANY(:statuses)]]
[[AND h.to_phase = ANY(:to_phases)]]
[[AND h.respond_by < :respond_before]]
