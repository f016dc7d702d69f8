-- Forget keys that are kept no longer, at most 1,000. Index: idempotency_key_created_at, idempotency_key_pkey
WITH old AS (
    SELECT o.scope, o.mutation, o.key
    FROM engagements.idempotency_key AS o
    WHERE o.created_at <= now() - make_interval(days => :days)
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
DELETE FROM engagements.idempotency_key AS k
USING old
WHERE k.scope = old.scope AND k.mutation = old.mutation AND k.key = old.key
RETURNING k.key
