-- Write what a firm calls an engagement; null takes it away. Index: external_ref_pkey
-- A ref that the firm uses for another engagement violates external_ref_partner_id_ref_key.
WITH taken_away AS (
    DELETE FROM engagements.external_ref AS x
    WHERE x.engagement_id = :engagement_id AND x.partner_id = :partner_id AND :ref::text IS NULL
)
INSERT INTO engagements.external_ref (partner_id, engagement_id, ref)
SELECT :partner_id, :engagement_id, :ref WHERE :ref IS NOT NULL
ON CONFLICT (engagement_id, partner_id) DO UPDATE SET ref = excluded.ref
