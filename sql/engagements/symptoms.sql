-- The symptoms of a business. Index: symptom_pkey; there are a handful.
-- [:codes]  these only
-- Key for ordering: position
SELECT s.code, s.label_ja, s.label_en, s.position
FROM engagements.symptom AS s
WHERE {visible engagements.symptom s}
[[AND s.code = ANY(:codes)]]
