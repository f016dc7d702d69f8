-- Opens the thread of an engagement with a post, unless it has been opened.
-- :engagement_id, :event_id, :at, :title, :body
-- :partner_id  who offers
-- Gives the post's id; no row where the thread is open already. Index: thread_pkey
WITH opened AS (
    INSERT INTO community.thread AS t (engagement_id, event_id, opened_at) VALUES (:engagement_id, :event_id, :at)
    ON CONFLICT (engagement_id) DO NOTHING
    RETURNING t.engagement_id
)
INSERT INTO community.post (title, body, visibility, posted_at, partner_id, engagement_id)
SELECT :title, :body, 'ENGAGEMENT', :at, :partner_id, opened.engagement_id FROM opened
RETURNING id
