-- A fact for the policy: the associations that the viewer's firm belongs to. Index: membership_pkey
SELECT m.association_id AS id
FROM directory.membership AS m
WHERE {visible directory.membership m} AND m.partner_id = :viewer_partner_id
