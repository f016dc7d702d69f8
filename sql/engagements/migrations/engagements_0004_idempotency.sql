-- The outcomes of mutations by the keys that callers gave them, and the last words on what was declined or closed.
-- depends: engagements_0002_outbox

-- migrate: apply

-- A row is written in the transaction whose outcome it holds: where that was not committed there is none. While the transaction
-- runs, another with the same key waits for it at the primary key.
CREATE TABLE idempotency_key (
    -- Whose key: a firm's, or the staff's.
    scope text NOT NULL,
    mutation text NOT NULL,
    key text NOT NULL,
    input_sha256 bytea NOT NULL,
    -- Keys of rows by which the answer is read afresh; null only within the transaction.
    outcome jsonb,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (scope, mutation, key)
);

CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

ALTER TABLE handoff ADD COLUMN decline_note text CHECK (decline_note IS NULL OR status = 'DECLINED');

ALTER TABLE engagement ADD COLUMN closing_note text CHECK (closing_note IS NULL OR status <> 'OPEN');

-- migrate: rollback

ALTER TABLE engagement DROP COLUMN closing_note;

ALTER TABLE handoff DROP COLUMN decline_note;

DROP TABLE idempotency_key;
