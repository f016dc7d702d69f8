-- Leave an event in the outbox.
INSERT INTO engagements.outbox
    (type, occurred_at, engagement_id, engagement_version, handoff_id, from_phase, to_phase, from_partner_id, to_partner_id, region)
VALUES
    (:type, :at, :engagement_id, :version, :handoff_id, :from_phase, :to_phase, :from_partner_id, :to_partner_id, :region)
