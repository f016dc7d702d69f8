-- Store the outcome under the key that this transaction has taken. Index: idempotency_key_pkey
UPDATE engagements.idempotency_key AS k
SET outcome = :outcome
WHERE k.scope = :scope AND k.mutation = :mutation AND k.key = :key
