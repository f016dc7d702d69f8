-- The SQL door: what BI tools read of the community over the Postgres wire.
-- depends: community_0001

-- migrate: apply

-- Names and columns are promised: they stay while tables change. No view has personal data, nor what the reporting tool may not
-- see. Who reads them is granted after every migration (sql/every_source/reporting_role.sql).
CREATE SCHEMA IF NOT EXISTS reporting;

-- security_barrier: no function of the reader's own is run on rows that the view leaves out.
CREATE VIEW reporting.posts WITH (security_barrier = true) AS
SELECT p.id, p.partner_id, p.posted_at, coalesce(k.comments, 0) AS comments, k.first_comment_at
FROM community.post AS p
LEFT JOIN (
    SELECT c.post_id, count(*) AS comments, min(c.posted_at) AS first_comment_at FROM community.comment AS c GROUP BY c.post_id
) AS k ON k.post_id = p.id
WHERE p.visibility = 'NETWORK';

COMMENT ON VIEW reporting.posts IS 'Posts that every partner may read, without what they say and who wrote them.';

COMMENT ON COLUMN reporting.posts.id IS 'Its key.';

COMMENT ON COLUMN reporting.posts.partner_id IS 'Whose post: of reporting.partners, in the partner directory.';

COMMENT ON COLUMN reporting.posts.posted_at IS 'When.';

COMMENT ON COLUMN reporting.posts.comments IS 'How many comments there are.';

COMMENT ON COLUMN reporting.posts.first_comment_at IS 'When the first of them was made, null where there is none.';

-- migrate: rollback

DROP VIEW reporting.posts;
