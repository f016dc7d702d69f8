-- Figures over the sessions that sessions.sql has, in fragments (sql/fragments.py). How many seats are held is for everyone to see;
-- enrollments are those that the viewer's figures are over.
-- A session of a provider of several associations is in the group of each.
-- :time_zone  where a day begins
-- :member_partner_ids, :member_association_ids  which firm belongs to which association, as the directory says
-- :home_regions, :home_partners  where firms are, and for each which firms, as the directory says
-- Index: none; all of them are read, and enrollments are hashed by session.

-- @fact session s.id
FROM ({rows sessions}) AS s

-- @fact enrollment n.id
FROM ({rows sessions}) AS s
JOIN trainings.enrollment AS n ON n.session_id = s.id AND {counted trainings.enrollment n}

-- @join course
JOIN trainings.course AS course ON course.id = s.course_id AND {visible trainings.course course}

-- @join seat
LEFT JOIN (
    SELECT held.session_id, count(*) AS held
    FROM trainings.enrollment AS held
    WHERE held.status IN ('ENROLLED', 'COMPLETED', 'NO_SHOW')
    GROUP BY held.session_id
) AS seat ON seat.session_id = s.id

-- @join belongs several
LEFT JOIN (
    SELECT unnest(:member_partner_ids::bigint[]) AS partner_id, unnest(:member_association_ids::bigint[]) AS association_id
) AS belongs ON belongs.partner_id = course.provider_id

-- @join home
LEFT JOIN (
    SELECT unnest(homes.partner_ids::bigint[]) AS partner_id, homes.region
    FROM unnest((SELECT :home_regions::text::text[]), (SELECT :home_partners::text::text[])) AS homes (region, partner_ids)
) AS home ON home.partner_id = course.provider_id

-- @dimension course course_id
s.course_id

-- @dimension product
course.product

-- @dimension provider provider_id
course.provider_id

-- @dimension provider_association provider_association_id
belongs.association_id

-- @dimension provider_region
home.region

-- @dimension region
s.region

-- @dimension starts_week starts_period
date_trunc('week', s.starts_at AT TIME ZONE :time_zone::text)::date

-- @dimension starts_month starts_period
date_trunc('month', s.starts_at AT TIME ZONE :time_zone::text)::date

-- @dimension starts_quarter starts_period
date_trunc('quarter', s.starts_at AT TIME ZONE :time_zone::text)::date

-- @dimension starts_year starts_period
date_trunc('year', s.starts_at AT TIME ZONE :time_zone::text)::date

-- @input session session_id bigint
s.id

-- @input session course_counted bigint
s.course_id

-- @input session provider_counted bigint
course.provider_id

-- @input session seats integer
s.seats

-- @input session seats_held bigint
coalesce(seat.held, 0)

-- @input enrollment enrollment_id bigint
n.id

-- @input enrollment status text
n.status

-- @measure sessions sum
count(fact.session_id)

-- @measure courses
count(DISTINCT fact.course_counted)

-- @measure providers
count(DISTINCT fact.provider_counted)

-- @measure seats sum
coalesce(sum(fact.seats), 0)::bigint

-- @measure seats_held sum
coalesce(sum(fact.seats_held), 0)::bigint

-- @measure fill_rate
sum(fact.seats_held)::float8 / sum(fact.seats)

-- @measure median_fill_rate
percentile_cont(0.5) WITHIN GROUP (ORDER BY fact.seats_held::float8 / fact.seats)

-- @measure p90_fill_rate
percentile_cont(0.9) WITHIN GROUP (ORDER BY fact.seats_held::float8 / fact.seats)

-- @measure enrollments sum
count(fact.enrollment_id)

-- @measure waitlisted sum
count(*) FILTER (WHERE fact.status = 'WAITLISTED')

-- @measure attendance_rate
count(*) FILTER (WHERE fact.status = 'COMPLETED')::float8
    / nullif(count(*) FILTER (WHERE fact.status IN ('COMPLETED', 'NO_SHOW')), 0)
