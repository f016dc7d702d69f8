"""The rows of the world: what each stands for is said of the firms in world.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.visibility import events
from tests.visibility.world import ABROAD, ADVISORS, INTEGRATORS, JOINED, TRAINERS, Firm, number

if TYPE_CHECKING:
    from tests.visibility.world import World


def fill(world: World) -> None:
    """Put every row into the world, in an order that foreign keys allow."""
    _directory(world)
    _certifications(world)
    _clients(world)
    _engagements(world)
    _handoffs(world)
    events.fill(world)
    _trainings(world)
    _community(world)


def _directory(world: World) -> None:
    world.add(
        "directory.association",
        "id code name_ja name_en role phases",
        (ADVISORS, "ADVISORS", "助言会", "Advisors", "ADVISOR", ["AWARENESS", "CONSULTATION"]),
        (INTEGRATORS, "INTEGRATORS", "構築会", "Integrators", "INTEGRATOR", ["DEPLOYMENT"]),
        (TRAINERS, "TRAINERS", "研修会", "Trainers", "TRAINER", ["UTILIZATION"]),
        (ABROAD, "ABROAD", "海外会", "Abroad", "ADVISOR", ["AWARENESS"]),
    )
    world.add(
        "directory.partner",
        "id name name_kana name_en corporate_number roles specialties country region website joined_on endorsed_plan_on",
        *(
            (firm.value, f"firm-{firm.name}", "カナ" if firm % 2 else None, None, number(1000 + firm),
             ["ADVISOR"], ["会計"] if firm % 3 else [], "JP", "JP-13" if firm % 4 else None, None,
             None if firm is Firm.STRANGER else JOINED, JOINED if firm % 2 else None)
            for firm in Firm
        ),
    )  # fmt: skip
    world.add(
        "directory.membership",
        "partner_id association_id",
        *((firm, ADVISORS) for firm in (Firm.ADVISOR, Firm.PAST_LEAD, Firm.NEW_ADVISOR, Firm.MEMBER, Firm.OTHER_ADVISOR)),
        *((firm, INTEGRATORS) for firm in (Firm.INTEGRATOR, Firm.OFFERED, Firm.DECLINED, Firm.WITHDRAWN, Firm.EXPIRED)),
        *((firm, TRAINERS) for firm in (Firm.TRAINER, Firm.SCHOOL)),
        (Firm.SEES_AND_OFFERED, ADVISORS),
        (Firm.SEES_AND_OFFERED, INTEGRATORS),
    )
    world.add(
        "directory.member",
        "id partner_id name qualifications email",
        *((firm.value, firm.value, f"person-{firm.name}", ["ITC"] * (firm % 2), f"{firm.name}@example.jp") for firm in Firm),
        (21, Firm.ADVISOR, "second person", [], None),
        (22, Firm.INTEGRATOR, "second integrator", ["ITC"], "second@example.jp"),
    )  # fmt: skip


def _certifications(world: World) -> None:
    world.add(
        "certifications.certification",
        "id partner_id program level competencies state awarded_on expires_on",
        (1, Firm.ADVISOR, "ITC", "GOLD", ["会計"], "ACTIVE", JOINED, None),
        (2, Firm.STRANGER, "ITC", "SILVER", [], "ACTIVE", JOINED, JOINED.replace(year=2021)),
        (3, Firm.OFFERED, "SI", "GOLD", [], "REVOKED", JOINED, JOINED.replace(year=2022)),
    )


def _clients(world: World) -> None:
    world.add(
        "engagements.corporation",
        "number name name_kana region address postal_code status successor_number updated_on",
        (number(1), "corp-one", None, "JP-13", None, None, "ACTIVE", None, JOINED),
        (number(3), "corp-three", "サン", "JP-27", "大阪", "5300001", "MERGED", number(1), None),
        (number(99), "corp-without-client", None, None, None, None, "CLOSED", None, None),
    )
    world.add(
        "engagements.client",
        "id name name_kana corporate_number region industry employees advisor_id",
        (1, "clientone", "ヒトツ", number(1), "JP-13", "小売", 10, Firm.ADVISOR),
        (2, "clienttwo", None, number(2), "JP-27", "農業", None, Firm.ADVISOR),
        (3, "clientthree", None, number(3), "JP-01", "小売", 3, Firm.OTHER_ADVISOR),
        (4, "clientfour", None, number(4), None, "建設", 4, Firm.NEW_ADVISOR),
        (5, "clientfive", None, None, "JP-13", None, 5, Firm.OTHER_ADVISOR),
        (6, "clientsix", None, number(6), "JP-47", "農業", 6, Firm.ADVISOR),
        (7, "clientseven", None, number(7), "JP-13", "医療", 7, Firm.OTHER_ADVISOR),
        (8, "clienteight", None, number(8), None, None, None, Firm.OTHER_ADVISOR),
    )
    world.add(
        "engagements.symptom",
        "code label_ja label_en position",
        ("MALADAPTATION", "環境適応障害", "Maladaptation", 1),
        ("DEPENDENCE", "特定取引先依存症", "Dependence", 2),
    )


def _engagements(world: World) -> None:
    other, sees = Firm.OTHER_ADVISOR, Firm.SEES_AND_OFFERED
    ways: dict[int, tuple[int, str, str, list[tuple[str, Firm]]]] = {
        # id: client, title, status, who led which phase
        1: (1, "titleone", "OPEN",
            [("CONSULTATION", Firm.ADVISOR), ("DEPLOYMENT", Firm.INTEGRATOR), ("UTILIZATION", Firm.TRAINER)]),
        2: (1, "titletwo", "OPEN", [("CONSULTATION", Firm.ADVISOR)]),
        3: (2, "titlethree", "OPEN", [("CONSULTATION", Firm.ADVISOR)]),
        4: (2, "titlefour", "OPEN", [("AWARENESS", Firm.ADVISOR)]),
        5: (2, "titlefive", "OPEN", [("CONSULTATION", Firm.ADVISOR)]),
        6: (2, "titlesix", "OPEN", [("CONSULTATION", Firm.ADVISOR)]),
        7: (3, "titleseven", "OPEN", [("CONSULTATION", sees)]),
        8: (3, "titleeight", "OPEN", [("CONSULTATION", other)]),
        9: (4, "titlenine", "OPEN", [("AWARENESS", Firm.PAST_LEAD), ("AWARENESS", Firm.ADVISOR)]),
        10: (7, "titleten", "OPEN", [("CONSULTATION", other)]),
        11: (6, "titleeleven", "ABANDONED", [("CONSULTATION", other)]),
        12: (7, "titletwelve", "OPEN", [("CONSULTATION", other), ("DEPLOYMENT", Firm.INTEGRATOR), ("DEPLOYMENT", sees)]),
        13: (8, "titlethirteen", "OPEN", [("DEPLOYMENT", other)]),
        14: (8, "titlefourteen", "OPEN", [("CONSULTATION", other)]),
        15: (6, "titlefifteen", "OPEN", [("CONSULTATION", other)]),
        16: (6, "titlesixteen", "COMPLETED", [("DEPLOYMENT", Firm.INTEGRATOR), ("UTILIZATION", Firm.TRAINER)]),
    }  # fmt: skip
    for key, (client, title, status, led) in ways.items():
        opened = world.days(-200 + key)
        closed = None if status == "OPEN" else world.days(-3)
        world.add(
            "engagements.engagement",
            "id title client_id phase status lead_partner_id version opened_at updated_at closed_at closing_note",
            (
                key,
                title,
                client,
                led[-1][0],
                status,
                led[-1][1],
                len(led),
                opened,
                world.days(-50 - key % 7),
                closed,
                None if closed is None else f"closing note {key}",
            ),
        )
        for position, (phase, firm) in enumerate(led, 1):
            ended = closed if position == len(led) else world.days(-199 + key + position)
            world.add(
                "engagements.assignment",
                "engagement_id position phase partner_id started_at ended_at",
                (key, position, phase, firm, world.days(-200 + key + position), ended),
            )
    world.add(
        "engagements.finding",
        "id engagement_id symptom_code note found_at",
        *((key, key, ("DEPENDENCE", "MALADAPTATION")[key % 2], f"finding note {key}", world.days(-90))
          for key in ways if key != 14),
        (31, 1, "DEPENDENCE", None, world.days(-91)),
        (32, 2, "MALADAPTATION", None, world.days(-89)),
    )  # fmt: skip
    world.add(
        "engagements.prescription",
        "engagement_id remedy note prescribed_at",
        *(
            (key, f"remedy {key}", f"remedy note {key}" if key % 3 else None, world.days(-80))
            for key in ways
            if key not in (4, 14)
        ),
    )
    world.add(
        "engagements.external_ref",
        "partner_id engagement_id ref",
        (Firm.ADVISOR, 1, "SAME"),
        (Firm.INTEGRATOR, 1, "B-1"),
        (Firm.OTHER_ADVISOR, 12, "SAME"),
        (Firm.OFFERED, 2, "O-2"),
        (Firm.DECLINED, 3, "D-3"),
        (Firm.LAPSED, 6, "L-6"),
        (Firm.STRANGER, 1, "S-1"),
        (Firm.SEES_AND_OFFERED, 7, "M-7"),
        (Firm.SEES_AND_OFFERED, 8, "M-8"),
        (Firm.PAST_LEAD, 9, "P-9"),
    )


def _handoffs(world: World) -> None:
    consultation, deployment, utilization = "CONSULTATION", "DEPLOYMENT", "UTILIZATION"
    other, sees = Firm.OTHER_ADVISOR, Firm.SEES_AND_OFFERED
    offers = [
        # engagement, from, to, phases, status, note, offered, lapses (days from now); some were answered long before they lapse
        (1, Firm.ADVISOR, Firm.INTEGRATOR, consultation, deployment, "ACCEPTED", "note 1", -100, -86),
        (1, Firm.INTEGRATOR, Firm.TRAINER, deployment, utilization, "ACCEPTED", None, -60, -46),
        (2, Firm.ADVISOR, Firm.DECLINED, consultation, deployment, "DECLINED", "note 3", -40, -26),
        (2, Firm.ADVISOR, Firm.OFFERED, consultation, deployment, "DECLINED", "note 4", -20, -6),
        (2, Firm.ADVISOR, Firm.OFFERED, consultation, deployment, "OFFERED", "note 5", -2, 12),
        (3, Firm.ADVISOR, Firm.DECLINED, consultation, deployment, "DECLINED", "note 6", -2, 12),
        (4, Firm.ADVISOR, Firm.WITHDRAWN, "AWARENESS", "AWARENESS", "WITHDRAWN", "note 7", -3, 11),
        (5, Firm.ADVISOR, Firm.EXPIRED, consultation, deployment, "EXPIRED", "note 8", -20, -6),
        (6, Firm.ADVISOR, Firm.LAPSED, consultation, deployment, "OFFERED", "note 9", -20, -0.001),
        (8, other, sees, consultation, deployment, "OFFERED", "note 10", -5, 9),
        (9, Firm.PAST_LEAD, Firm.ADVISOR, "AWARENESS", "AWARENESS", "ACCEPTED", "note 11", -150, -140),
        (10, Firm.SENDER, Firm.TRAINER, consultation, deployment, "DECLINED", "note 12", -4, 10),
        (11, other, Firm.OFFERED, consultation, deployment, "OFFERED", "note 13", -3, 11),
        (12, other, Firm.INTEGRATOR, consultation, deployment, "ACCEPTED", "note 14", -120, -110),
        (12, Firm.INTEGRATOR, sees, deployment, deployment, "ACCEPTED", "note 15", -70, -60),
        (12, sees, Firm.INTEGRATOR, deployment, deployment, "OFFERED", "note 16", -1, 13),
        (13, other, Firm.SCHOOL, deployment, utilization, "OFFERED", "note 17", -4, 10),
        (14, other, Firm.OFFERED, consultation, deployment, "OFFERED", None, -6, 8),
        (15, other, Firm.ADVISOR, consultation, consultation, "OFFERED", "note 19", -7, 7),
    ]
    world.add(
        "engagements.handoff",
        "id engagement_id from_partner_id to_partner_id from_phase to_phase status note offered_at respond_by"
        " responded_at decline_reason decline_note",
        *(
            (key, *offer[:7], world.days(offer[7]), world.days(offer[8]),
             None if offer[5] == "OFFERED" else world.days(offer[7] + 1), "OTHER" if offer[5] == "DECLINED" else None,
             f"decline note {key}" if offer[5] == "DECLINED" and key != 4 else None)
            for key, offer in enumerate(offers, 1)
        ),
    )  # fmt: skip


def _trainings(world: World) -> None:
    world.add(
        "trainings.course",
        "id provider_id title product hours",
        (1, Firm.SCHOOL, "courseone", "帳簿", 6),
        (2, Firm.TRAINER, "coursetwo", None, 12),
        (3, Firm.OTHER_ADVISOR, "coursethree", None, 2),
    )
    world.add(
        "trainings.session",
        "id course_id starts_at region seats",
        (1, 1, world.days(10), "JP-13", 10),
        (2, 1, world.days(5), None, 2),
        (3, 2, world.days(-5), "JP-27", 20),
        (4, 2, world.days(7), "JP-27", 1),
    )
    world.add(
        "trainings.enrollment",
        "id session_id engagement_id attendee status",
        (1, 1, 1, "attendee 1", "ENROLLED"),
        (2, 1, 13, "attendee 2", "ENROLLED"),
        (3, 1, None, "attendee 3", "WAITLISTED"),
        (4, 3, 2, "attendee 4", "COMPLETED"),
        (5, 3, None, "attendee 5", "NO_SHOW"),
        (6, 3, 9, "attendee 6", "ENROLLED"),
        (7, 1, 12, "attendee 7", "CANCELLED"),
        (8, 3, 8, "attendee 8", "ENROLLED"),
        (9, 3, 3, "attendee 9", "ENROLLED"),
        (10, 4, 12, "attendee 10", "ENROLLED"),
        (11, 3, 13, "attendee 11", "ENROLLED"),
        (12, 3, 16, "attendee 12", "COMPLETED"),
    )


def _community(world: World) -> None:
    network, association, engagement = "NETWORK", "ASSOCIATION", "ENGAGEMENT"
    posts = [
        # visibility, association, engagement, author's firm
        (network, None, None, Firm.STRANGER),
        (network, None, 1, Firm.ADVISOR),
        (network, None, 2, Firm.ADVISOR),
        (network, None, 3, Firm.DECLINED),
        (network, None, 13, Firm.OTHER_ADVISOR),
        (association, ADVISORS, None, Firm.MEMBER),
        (association, ADVISORS, 1, Firm.ADVISOR),
        (association, INTEGRATORS, 2, Firm.OFFERED),
        (association, TRAINERS, None, Firm.TRAINER),
        (association, ABROAD, None, Firm.ADVISOR),
        (engagement, None, 1, Firm.TRAINER),
        (engagement, None, 2, Firm.ADVISOR),
        (engagement, None, 3, Firm.DECLINED),
        (engagement, None, 6, Firm.ADVISOR),
        (engagement, None, 8, Firm.OTHER_ADVISOR),
        (engagement, None, 9, Firm.PAST_LEAD),
        (engagement, None, 13, Firm.SCHOOL),
        (engagement, None, 12, None),
    ]
    world.add(
        "community.post",
        "id title body visibility association_id engagement_id partner_id author_id posted_at",
        *(
            (key, f"postword{key}x", f"body {key}", *post[:3], post[3], post[3], world.days(-key // 2))
            for key, post in enumerate(posts, 1)
        ),
    )
    world.add(
        "community.comment",
        "id post_id body partner_id author_id posted_at",
        *((key, key, f"comment {key}", Firm.STRANGER, Firm.STRANGER, world.days(0)) for key in range(1, len(posts) + 1)),
        (31, 1, "another", Firm.OFFERED, Firm.OFFERED, world.days(-0.2)),
        (32, 12, "own word on what it does not see", Firm.OFFERED, Firm.OFFERED, world.days(-0.2)),
        (33, 2, "of nobody", None, None, world.days(-0.1)),
    )
