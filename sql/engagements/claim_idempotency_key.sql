-- Take an idempotency key for this transaction; no row where another has it. One under way is waited for. Index: idempotency_key_pkey
INSERT INTO engagements.idempotency_key AS k (scope, mutation, key, input_sha256, created_at)
VALUES (:scope, :mutation, :key, :input_sha256, now())
ON CONFLICT (scope, mutation, key) DO UPDATE
SET input_sha256 = excluded.input_sha256, outcome = NULL, created_at = excluded.created_at
WHERE k.created_at <= now() - make_interval(days => :days)
RETURNING k.key
