-- Firms, with the ids of their associations in the order of the associations.
-- [:ids], [:corporate_numbers]  these only. Index: partner_pkey, partner_corporate_number_key
-- [:association_id]  members of one association. Index: membership_association
-- [:search]  anywhere in name, kana, English name, corporate number. Index: partner_search
-- [:regions]  Index: partner_region
-- [:certified_ids]  firms that hold a certification, as the certifications source says
-- [:role], [:association], [:country], [:strength], [:endorsed_plan], [:member]  filters upon the rest
-- Keys for ordering: id; name_kana_key (partner_name_kana); joined_on_key (partner_joined_on)
SELECT
    p.id, p.name, p.name_kana, p.name_en, p.corporate_number, p.roles, p.specialties, p.country, p.region, p.website,
    p.joined_on, p.endorsed_plan_on,
    ARRAY(SELECT m.association_id FROM directory.membership AS m WHERE m.partner_id = p.id ORDER BY m.association_id)
        AS association_ids,
    coalesce(p.name_kana, '') AS name_kana_key,
    coalesce(p.joined_on, 'infinity') AS joined_on_key
FROM directory.partner AS p
WHERE {visible directory.partner p}
[[AND p.id = ANY(:ids)]]
[[AND p.corporate_number = ANY(:corporate_numbers)]]
[[AND p.id IN (SELECT m.partner_id FROM directory.membership AS m WHERE m.association_id = :association_id)]]
[[AND p.search LIKE directory.fold_pattern(:search)]]
[[AND p.region = ANY(:regions)]]
[[AND p.id = ANY(:certified_ids)]]
[[AND :role = ANY(p.roles)]]
[[AND p.id IN (
    SELECT m.partner_id FROM directory.membership AS m JOIN directory.association AS a ON a.id = m.association_id
    WHERE a.code = :association)]]
[[AND p.country = :country]]
[[AND p.id IN (
    SELECT m.partner_id FROM directory.membership AS m JOIN directory.association AS a ON a.id = m.association_id
    WHERE :strength = ANY(a.phases))]]
[[AND (p.endorsed_plan_on IS NOT NULL) = :endorsed_plan]]
[[AND (p.joined_on IS NOT NULL) = :member]]
