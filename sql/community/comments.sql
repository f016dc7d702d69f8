-- Comments on posts.
-- [:ids]  these only. Index: comment_pkey
-- [:post_id]  on one post. Index: comment_post
-- Keys for ordering: posted_at, id (comment_post)
SELECT c.id, c.post_id, c.body, c.posted_at, c.author_id, c.partner_id
FROM community.comment AS c
WHERE {visible community.comment c}
[[AND c.id = ANY(:ids)]]
[[AND c.post_id = :post_id]]
