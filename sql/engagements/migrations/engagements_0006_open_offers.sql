-- The open offers that a firm holds: each of its reads of engagements asks for them, and of all that it was ever offered few are open.
-- depends: engagements_0005_event_log

-- migrate: apply

CREATE INDEX handoff_offered_to ON handoff (to_partner_id, engagement_id) INCLUDE (respond_by) WHERE status = 'OFFERED';

-- migrate: rollback

DROP INDEX handoff_offered_to;
