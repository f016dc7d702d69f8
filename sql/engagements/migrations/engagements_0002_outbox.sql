-- The outbox: what a change of an engagement says of itself, written in the transaction that makes the change.
-- depends: engagements_0001

-- migrate: apply

-- A writer holds its engagement's row lock when it inserts, so ids rise with the versions of one engagement. Across engagements
-- they become visible out of order: nothing but the sequencer, which moves committed rows on into the log, reads this table.
-- All but the engagement and the hand-off, which are read at delivery, is frozen here.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    type text NOT NULL CHECK (type IN ('ENGAGEMENT_OPENED', 'FINDING_RECORDED', 'PRESCRIBED', 'HANDOFF_OFFERED',
        'HANDOFF_ACCEPTED', 'HANDOFF_DECLINED', 'HANDOFF_EXPIRED', 'HANDOFF_WITHDRAWN', 'PHASE_CHANGED', 'ENGAGEMENT_CLOSED')),
    occurred_at timestamptz NOT NULL,
    engagement_id bigint NOT NULL,
    engagement_version integer NOT NULL CHECK (engagement_version >= 1),
    handoff_id bigint,
    from_phase text CHECK (from_phase IN ('AWARENESS', 'CONSULTATION', 'DEPLOYMENT', 'UTILIZATION')),
    to_phase text CHECK (to_phase IN ('AWARENESS', 'CONSULTATION', 'DEPLOYMENT', 'UTILIZATION')),
    from_partner_id bigint,
    to_partner_id bigint,
    -- The client's, for subscribers that filter by it.
    region text
);

-- migrate: rollback

DROP TABLE outbox;
