"""The five operations that every change to the engine is measured by; answers hold for any programme of demo data."""

from pathlib import Path
from typing import Final

import asyncpg

from hub import global_id

BENCHED: Final[dict[str, str]] = {
    "a: 50 partners, members, certifications": """
        { partners(first: 50) { nodes { id name region members { nodes { name qualifications } }
          certifications { program level status expiresOn } } } }""",
    "b: board of 100 engagements": """
        { engagements(first: 100) { nodes { id title phase status client { name region }
          leadPartner { name certifications { program status } }
          handoffs { status toPhase toPartner { name } } } } }""",
    "c: one partner, everything around it": """
        query($id: ID!) { partner(by: {id: $id}) { name members { nodes { name } } certifications { program status }
          engagements(first: 20) { nodes { title client { name } enrollments { nodes { attendee status } } } }
          posts(first: 10) { nodes { title comments { nodes { body author { name } } } } } } }""",
    "d: one engagement and its lead": """
        query($id: ID!) { engagement(by: {id: $id}) { id title phase status leadPartner { name } } }""",
    "e: 1,000 engagements in one list": """
        { engagements(first: 1000) { nodes { id title phase status client { name } leadPartner { name } } } }""",
}


_BUSIEST_LEAD: Final = (Path(__file__).resolve().parent / "sql" / "busiest_lead.sql").read_text(encoding="utf-8")


def operation(letter: str) -> str:
    """The document of one of them."""
    return next(document for name, document in BENCHED.items() if name.startswith(letter))


async def variables_of(dsn: str) -> dict[str, dict[str, str]]:
    """The variables of those that have any, by letter: the firm that leads the most, and one of its engagements."""
    partner_id, engagement_id = await busiest_lead(dsn)
    return {
        "c": {"id": global_id.encode("Partner", partner_id)},
        "d": {"id": global_id.encode("Engagement", engagement_id)},
    }


async def busiest_lead(dsn: str) -> tuple[int, int]:
    """The firm that leads the most engagements, and the newest of them: their keys."""
    connection = await asyncpg.connect(dsn)
    try:
        found = await connection.fetchrow(_BUSIEST_LEAD)
    finally:
        await connection.close()
    assert found is not None
    return found["lead_partner_id"], found["engagement_id"]
