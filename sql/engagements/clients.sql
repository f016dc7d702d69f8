-- Small businesses that are being helped.
-- [:ids], [:corporate_numbers]  these only. Index: client_pkey, client_corporate_number_key
-- [:search]  anywhere in name, kana, corporate number. Index: client_search
SELECT c.id, c.name, c.name_kana, c.corporate_number, c.region, c.industry, c.employees, c.advisor_id
FROM engagements.client AS c
WHERE {visible engagements.client c}
[[AND c.id = ANY(:ids)]]
[[AND c.corporate_number = ANY(:corporate_numbers)]]
[[AND c.search LIKE engagements.fold_pattern(:search)]]
