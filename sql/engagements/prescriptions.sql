-- What the advisor prescribed, one at most for an engagement. Index: prescription_pkey
-- :ids  of these engagements
SELECT p.engagement_id, p.remedy, {shown engagements.prescription.note p} AS note, p.prescribed_at
FROM engagements.prescription AS p
WHERE {visible engagements.prescription p}
AND p.engagement_id = ANY(:ids)
