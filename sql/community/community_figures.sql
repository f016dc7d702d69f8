-- Figures over posts and the comments on them, in fragments (sql/fragments.py). Not over posts.sql: what a list hides from the reporting
-- tool is counted for it.
-- A post of a firm of several associations is in the group of each.
-- [:partner_id]  of one firm's people. Index: post_partner
-- [:engagement_id]  about one engagement. Index: post_engagement
-- [:posted_from], [:posted_before]  Index: post_posted_at
-- [:visibilities]  filter upon the rest
-- :time_zone  where a day begins
-- :member_partner_ids, :member_association_ids  which firm belongs to which association, as the directory says
-- :home_regions, :home_partners  where firms are, and for each which firms, as the directory says
-- Index where nothing is given: none; all of them are read, and comments are hashed by post.

-- @fact post p.id
FROM (
    SELECT p.id, p.visibility, p.posted_at, p.author_id, p.partner_id
    FROM community.post AS p
    WHERE {counted community.post p}
    [[AND p.partner_id = :partner_id]]
    [[AND {visible community.post.engagement_id p} AND p.engagement_id = :engagement_id]]
    [[AND p.posted_at >= :posted_from]]
    [[AND p.posted_at < :posted_before]]
    [[AND p.visibility = ANY(:visibilities)]]
) AS p

-- @join talk
LEFT JOIN (
    SELECT k.post_id, count(*) AS comments, min(k.posted_at) AS answered_at
    FROM community.comment AS k
    WHERE {counted community.comment k}
    GROUP BY k.post_id
) AS talk ON talk.post_id = p.id

-- @join belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS belongs ON belongs.partner_id = p.partner_id

-- @join home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS home ON home.partner_id = p.partner_id

-- @dimension visibility
p.visibility

-- @dimension partner partner_id
p.partner_id

-- @dimension association association_id
belongs.association_id

-- @dimension region
home.region

-- @dimension posted_week posted_period
date_trunc('week', p.posted_at AT TIME ZONE :time_zone::text)::date

-- @dimension posted_month posted_period
date_trunc('month', p.posted_at AT TIME ZONE :time_zone::text)::date

-- @dimension posted_quarter posted_period
date_trunc('quarter', p.posted_at AT TIME ZONE :time_zone::text)::date

-- @dimension posted_year posted_period
date_trunc('year', p.posted_at AT TIME ZONE :time_zone::text)::date

-- @input post post_id bigint
p.id

-- @input post partner_counted bigint
p.partner_id

-- @input post author_counted bigint
p.author_id

-- @input post comments_on bigint
coalesce(talk.comments, 0)

-- @input post hours_to_answer float8
date_part('epoch', talk.answered_at - p.posted_at) / 3600

-- @measure posts sum
count(fact.post_id)

-- @measure partners
count(DISTINCT fact.partner_counted)

-- @measure authors
count(DISTINCT fact.author_counted)

-- @measure comments sum
coalesce(sum(fact.comments_on), 0)::bigint

-- @measure answered_rate
count(*) FILTER (WHERE fact.comments_on > 0)::float8 / nullif(count(fact.post_id), 0)

-- @measure median_comments
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.comments_on)

-- @measure median_hours_to_answer
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.hours_to_answer)

-- @measure p90_hours_to_answer
percentile_cont(0.9) WITHIN GROUP (ORDER BY fact.hours_to_answer)
