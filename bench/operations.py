"""The five operations that every change to the engine is measured by; answers hold for any programme of demo data."""

BENCHED: dict[str, str] = {
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
