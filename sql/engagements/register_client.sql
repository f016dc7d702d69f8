-- Register a client; no row where its corporate number is registered already. Index: client_corporate_number_key
-- Columns: id
INSERT INTO engagements.client (name, name_kana, corporate_number, region, industry, employees, advisor_id)
VALUES (:name, :name_kana, :corporate_number, :region, :industry, :employees, :advisor_id)
ON CONFLICT (corporate_number) DO NOTHING
RETURNING id
