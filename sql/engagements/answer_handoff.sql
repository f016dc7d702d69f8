-- Write what became of an offer, under its engagement's lock. Index: handoff_pkey
UPDATE engagements.handoff AS h
SET status = :status, responded_at = :at, decline_reason = :decline_reason, decline_note = :decline_note
WHERE h.id = :id
