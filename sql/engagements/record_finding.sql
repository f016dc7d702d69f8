-- Record a finding.
INSERT INTO engagements.finding (engagement_id, symptom_code, note, found_at)
VALUES (:engagement_id, :symptom_code, :note, :at)
