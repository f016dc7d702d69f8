-- Courses.
-- [:ids]  these only. Index: course_pkey
-- [:provider_id]  of one firm. Index: course_provider
-- [:search]  anywhere in title or product. Index: course_search
-- [:product]  filter upon the rest
SELECT c.id, c.provider_id, c.title, c.product, c.hours
FROM trainings.course AS c
WHERE {visible trainings.course c}
[[AND c.id = ANY(:ids)]]
[[AND c.provider_id = :provider_id]]
[[AND c.search LIKE trainings.fold_pattern(:search)]]
[[AND c.product = :product]]
