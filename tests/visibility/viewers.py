"""Every kind of viewer of the world: staff, reporting, a person and a CRM of each firm, and CRMs of no firm that there is."""

from hub.viewer import Viewer, ViewerKind
from tests.visibility.world import Firm

STAFF = Viewer(ViewerKind.STAFF, "Staff")
REPORTING = Viewer(ViewerKind.REPORTING, "Reporting")
PERSONS = {firm: Viewer(ViewerKind.PERSON, firm.name, partner_id=firm.value, member_id=firm.value) for firm in Firm}
CRMS = {firm: Viewer(ViewerKind.CRM, firm.name, partner_id=firm.value) for firm in Firm}
NO_FIRM = Viewer(ViewerKind.CRM, "of no firm")
UNKNOWN_FIRM = Viewer(ViewerKind.CRM, "of a firm that is gone", partner_id=99)

VIEWERS = [STAFF, REPORTING, *PERSONS.values(), *CRMS.values(), NO_FIRM, UNKNOWN_FIRM]


def label(viewer: Viewer) -> str:
    """How a test names a viewer."""
    return f"{viewer.kind.value} {viewer.name}"
