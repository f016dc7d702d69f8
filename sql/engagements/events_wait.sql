-- Whether the outbox has anything committed. Index: outbox_pkey
SELECT EXISTS (SELECT FROM engagements.outbox AS o) AS waits
