-- Prescribe, in the place of what was prescribed before. Index: prescription_pkey
INSERT INTO engagements.prescription (engagement_id, remedy, note, prescribed_at)
VALUES (:engagement_id, :remedy, :note, :at)
ON CONFLICT (engagement_id) DO UPDATE
SET remedy = excluded.remedy, note = excluded.note, prescribed_at = excluded.prescribed_at
