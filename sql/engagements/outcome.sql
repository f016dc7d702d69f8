-- The outcome stored under an idempotency key that is still kept. Index: idempotency_key_pkey
SELECT k.input_sha256, k.outcome
FROM engagements.idempotency_key AS k
WHERE k.scope = :scope AND k.mutation = :mutation AND k.key = :key AND k.created_at > now() - make_interval(days => :days)
