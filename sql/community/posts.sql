-- Posts.
-- [:ids]  these only. Index: post_pkey
-- [:partner_id]  of one firm's people. Index: post_partner
-- [:engagement_id]  about one engagement. Index: post_engagement
-- [:search]  anywhere in title or body. Index: post_search
-- Keys for ordering: posted_at, id (post_posted_at, post_partner, post_engagement)
SELECT p.id, p.title, p.body, p.visibility, p.posted_at, p.author_id, p.partner_id,
    {shown community.post.engagement_id p} AS engagement_id
FROM community.post AS p
WHERE {visible community.post p}
[[AND p.id = ANY(:ids)]]
[[AND p.partner_id = :partner_id]]
[[AND {visible community.post.engagement_id p} AND p.engagement_id = :engagement_id]]
[[AND p.search LIKE community.fold_pattern(:search)]]
