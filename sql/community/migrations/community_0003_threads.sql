-- Threads that the hub opens, and how far it has read the event log for them.
-- depends: community_0002_reporting

-- migrate: apply

-- One for each engagement for which a hand-off has been offered. Its posts are those of the engagement.
CREATE TABLE thread (
    engagement_id bigint PRIMARY KEY,
    -- The offer's.
    event_id uuid NOT NULL,
    opened_at timestamptz NOT NULL
);

-- Where consumers of the event log are whose work is in this database: written in the transaction of that work.
CREATE TABLE log_consumer (
    name text PRIMARY KEY,
    epoch bigint NOT NULL,
    position bigint NOT NULL
);

-- migrate: rollback

DROP TABLE log_consumer;

DROP TABLE thread;
