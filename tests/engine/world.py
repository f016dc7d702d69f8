"""The programme that the corpus asks about: a few rows of everything, some of which no sound system would hold.

What is broken stands last in its table, so that pages of the first rows are whole: names of enums that the graph does not have,
numbers beyond Int, and references to rows that are not there, within a source (its keys are dropped first) and across sources.
"""

from hub.vocabulary import SourceName
from tests.conftest import Dsns
from tests.miniature import execute

_ROWS: dict[SourceName, str] = {
    SourceName.DIRECTORY: """
        INSERT INTO directory.association (id, code, name_ja, name_en, role, phases) VALUES
            (1, 'ADVISORS', '助言会', 'Advisors', 'ADVISOR', '{AWARENESS,CONSULTATION}'),
            (2, 'INTEGRATORS', '構築会', 'Integrators', 'INTEGRATOR', '{DEPLOYMENT}');
        ALTER TABLE directory.partner DROP CONSTRAINT partner_roles_check;
        INSERT INTO directory.partner
            (id, name, name_kana, name_en, corporate_number, roles, specialties, country, region, website, joined_on,
             endorsed_plan_on)
        VALUES
            (1, '山田会計', 'ヤマダカイケイ', 'Yamada Accounting', '1010001000006', '{ADVISOR}', '{簿記,税務}', 'JP', 'JP-13',
             'https://yamada.example', '2020-04-01', '2021-06-30'),
            (2, '鈴木システム', 'スズキシステム', NULL, NULL, '{INTEGRATOR,TRAINER}', '{}', 'JP', 'JP-27', NULL,
             '2022-10-01', NULL),
            (3, '"佐藤" \\ 研修所', NULL, NULL, NULL, '{TRAINER}', '{クラウド}', 'JP', NULL, NULL, NULL, NULL),
            (4, '壊れた商会', NULL, NULL, NULL, '{ADVISOR,WIZARD}', '{}', 'JP', NULL, NULL, NULL, NULL);
        INSERT INTO directory.membership VALUES (1, 1), (2, 1), (2, 2);
        INSERT INTO directory.member (id, partner_id, name, qualifications, email) VALUES
            (1, 1, '山田 花子', '{ITC,税理士}', 'hanako@yamada.example'),
            (2, 1, '山田 次郎', '{}', NULL),
            (3, 2, '鈴木 一', '{}', 'hajime@suzuki.example'),
            (4, 4, '壊 太郎', '{}', NULL);
    """,
    SourceName.CERTIFICATIONS: """
        INSERT INTO certifications.certification (id, partner_id, program, level, competencies, state, awarded_on, expires_on)
        VALUES
            (1, 1, 'IT', 'GOLD', '{助言,分析}', 'ACTIVE', '2021-01-01', NULL),
            (2, 1, 'CLOUD', 'SILVER', '{}', 'ACTIVE', '2022-01-01', '2025-12-31'),
            (3, 2, 'IT', 'SILVER', '{}', 'ACTIVE', '2024-07-01', '2026-12-31'),
            (4, 99, 'IT', 'BRONZE', '{}', 'PENDING', NULL, NULL);
    """,
    SourceName.ENGAGEMENTS: """
        ALTER TABLE engagements.corporation DROP CONSTRAINT corporation_status_check;
        INSERT INTO engagements.corporation (number, name, name_kana, region, postal_code, status, successor_number, updated_on)
        VALUES
            ('1010001000006', '田中商店', 'タナカショウテン', 'JP-13', '100-0001', 'ACTIVE', NULL, '2025-03-31'),
            ('2010001000005', '高橋製作所', NULL, 'JP-27', NULL, 'MERGED', '1010001000006', NULL),
            ('9010001000007', '壊れた会社', NULL, NULL, NULL, 'SOLD', NULL, NULL);
        INSERT INTO engagements.client (id, name, name_kana, corporate_number, region, industry, employees, advisor_id) VALUES
            (1, '田中商店', 'タナカショウテン', '1010001000006', 'JP-13', '小売', 12, 1),
            (2, '高橋製作所', NULL, '2010001000005', 'JP-27', '製造', NULL, 1),
            (3, '伊藤旅館', NULL, NULL, NULL, NULL, 0, 99),
            (4, '壊れた会社', NULL, '9010001000007', NULL, NULL, NULL, 1);
        ALTER TABLE engagements.finding DROP CONSTRAINT finding_symptom_code_fkey;
        ALTER TABLE engagements.handoff DROP CONSTRAINT handoff_decline_reason_check;
        ALTER TABLE engagements.engagement ALTER COLUMN version TYPE bigint;
        INSERT INTO engagements.symptom VALUES
            ('ENVIRONMENT', '環境適応障害', 'Failure to adapt', 1),
            ('DEPENDENCE', '特定取引先依存症', 'Dependence on one buyer', 2);
        INSERT INTO engagements.engagement
            (id, title, client_id, phase, status, lead_partner_id, version, opened_at, updated_at, closed_at)
        VALUES
            (1, '帳簿の電子化', 1, 'DEPLOYMENT', 'OPEN', 2, 4, '2026-01-05T01:00Z', '2026-03-01T00:00:00.25Z', NULL),
            (2, '受発注の見直し', 2, 'AWARENESS', 'ABANDONED', 1, 2, '2026-02-01T00:00+09', '2026-02-10T00:00Z',
             '2026-02-10T00:00Z'),
            (3, '予約の電子化', 3, 'CONSULTATION', 'OPEN', 99, 1, '2026-03-01T00:00Z', '2026-03-01T00:00Z', NULL),
            (4, '壊れた案件', 4, 'AWARENESS', 'OPEN', 1, 3000000000, '2026-03-02T00:00Z', '2026-03-02T00:00Z', NULL);
        INSERT INTO engagements.assignment (engagement_id, position, phase, partner_id, started_at, ended_at) VALUES
            (1, 1, 'AWARENESS', 1, '2026-01-05T01:00Z', '2026-01-20T00:00Z'),
            (1, 2, 'DEPLOYMENT', 2, '2026-01-20T00:00Z', NULL),
            (2, 1, 'AWARENESS', 1, '2026-01-31T15:00Z', '2026-02-10T00:00Z'),
            (3, 1, 'CONSULTATION', 99, '2026-03-01T00:00Z', NULL);
        INSERT INTO engagements.finding (id, engagement_id, symptom_code, note, found_at) VALUES
            (1, 1, 'ENVIRONMENT', '紙の帳簿', '2026-01-06T00:00Z'),
            (2, 1, 'DEPENDENCE', NULL, '2026-01-07T00:00Z'),
            (3, 4, 'ENVIRONMENT', NULL, '2026-03-03T00:00Z'),
            (4, 4, 'UNHEARD', NULL, '2026-03-04T00:00Z');
        INSERT INTO engagements.prescription VALUES (1, 'クラウド会計', NULL, '2026-01-10T00:00Z');
        INSERT INTO engagements.handoff
            (id, engagement_id, from_phase, to_phase, from_partner_id, to_partner_id, status, note, offered_at, respond_by,
             responded_at, decline_reason)
        VALUES
            (1, 1, 'AWARENESS', 'DEPLOYMENT', 1, 3, 'DECLINED', NULL, '2026-01-10T00:00Z', '2026-01-24T00:00Z',
             '2026-01-12T00:00Z', 'NO_CAPACITY'),
            (2, 1, 'AWARENESS', 'DEPLOYMENT', 1, 2, 'ACCEPTED', '急ぎ', '2026-01-13T00:00Z', '2026-01-27T00:00Z',
             '2026-01-20T00:00Z', NULL),
            (3, 4, 'AWARENESS', 'AWARENESS', 1, 99, 'DECLINED', NULL, '2026-03-10T00:00Z', '2026-03-24T00:00Z',
             '2026-03-11T00:00Z', 'BOREDOM');
        INSERT INTO engagements.external_ref VALUES (1, 1, 'YAMADA-7'), (2, 1, 'SUZUKI-9');
        INSERT INTO engagements.event_log (position, event_id, type, occurred_at, engagement_id, engagement_version, handoff_id,
            from_phase, to_phase, from_partner_id, to_partner_id, region, appended_at)
        VALUES
            (1, '00000000-0000-4000-8000-000000000001', 'ENGAGEMENT_OPENED', '2026-01-05T00:00Z', 1, 1, NULL,
             NULL, 'AWARENESS', NULL, 1, 'JP-13', now()),
            (2, '00000000-0000-4000-8000-000000000002', 'HANDOFF_OFFERED', '2026-01-06T00:00:00.5Z', 1, 2, 1,
             'CONSULTATION', 'DEPLOYMENT', 1, 2, 'JP-13', now()),
            (3, '00000000-0000-4000-8000-000000000003', 'HANDOFF_ACCEPTED', '2026-01-07T00:00Z', 1, 3, 1,
             'CONSULTATION', 'DEPLOYMENT', 1, 2, 'JP-13', now()),
            (4, '00000000-0000-4000-8000-000000000004', 'HANDOFF_VANISHED', '2026-01-08T00:00Z', 99, 4, 99,
             'CONSULTATION', NULL, 99, 99, NULL, now());
        UPDATE engagements.event_log_state SET last_position = 4;
    """,
    SourceName.TRAININGS: """
        ALTER TABLE trainings.session DROP CONSTRAINT session_course_id_fkey;
        ALTER TABLE trainings.enrollment DROP CONSTRAINT enrollment_session_id_fkey;
        DROP VIEW reporting.courses;
        ALTER TABLE trainings.course ALTER COLUMN hours TYPE bigint;
        INSERT INTO trainings.course (id, provider_id, title, product, hours) VALUES
            (1, 3, '表計算の初歩', '表計算', 6), (2, 3, '会計の実務', NULL, 12), (3, 99, '壊れた講座', NULL, 2147483648);
        INSERT INTO trainings.session (id, course_id, starts_at, region, seats) VALUES
            (1, 1, '2026-05-01T00:00Z', 'JP-13', 10), (2, 1, '2026-06-01T09:30+09', NULL, 1),
            (3, 99, '2026-07-01T00:00Z', NULL, 5);
        INSERT INTO trainings.enrollment (id, session_id, engagement_id, attendee, status) VALUES
            (1, 1, 1, '田中 一郎', 'ENROLLED'), (2, 2, 1, '田中 二郎', 'COMPLETED'), (3, 1, NULL, '客 人', 'CANCELLED'),
            (4, 99, 4, '壊 二郎', 'ENROLLED'), (5, 3, 4, '壊 三郎', 'ENROLLED');
    """,
    SourceName.COMMUNITY: """
        ALTER TABLE community.post DROP CONSTRAINT post_visibility_check;
        INSERT INTO community.post
            (id, title, body, visibility, posted_at, author_id, partner_id, association_id, engagement_id)
        VALUES
            (1, '壊れた投稿', '', 'SECRET', '2025-01-01T00:00Z', 99, 99, NULL, 99),
            (2, 'はじめまして', '# 見出し\n\t"本文"', 'NETWORK', '2026-01-06T00:00Z', 1, 1, NULL, NULL),
            (3, '助言会へ', '本文', 'ASSOCIATION', '2026-01-07T00:00Z', 1, 1, 1, NULL),
            (4, '案件の話', '本文', 'ENGAGEMENT', '2026-01-08T00:00Z', 3, 2, NULL, 1);
        INSERT INTO community.comment (id, post_id, body, posted_at, author_id, partner_id) VALUES
            (1, 2, 'ようこそ', '2026-01-06T01:00Z', 3, 2), (2, 2, 'よろしく', '2026-01-06T02:00Z', 99, 99),
            (3, 4, '了解', '2026-01-08T01:00Z', 1, 1);
    """,
}


async def write(dsns: Dsns) -> None:
    """Write the programme into empty, migrated databases."""
    for source, sql in _ROWS.items():
        await execute(dsns[source], sql)
