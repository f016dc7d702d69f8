"""Opens an engagement's thread in the community when a hand-off of it is offered: where its firms go on talking.

The post shows to whoever sees the engagement in full: to the firm that is offered it from the moment when it accepts.
"""

from collections.abc import Sequence
from typing import Final

from events.consumer import run
from events.record import Record
from hub.lifecycle import PHASE_IN_JAPANESE
from hub.source import Source
from hub.transaction import Transaction
from hub.viewer import ViewerKind
from hub.vocabulary import HandoffEventType, Phase, SourceName
from sql import load

OPEN = load(SourceName.COMMUNITY, "open_thread")
PARTNERS = load(SourceName.DIRECTORY, "partners")

_TITLE: Final = "引き継ぎの相談（{from_phase}→{to_phase}）"
_BODY: Final = (
    "{sender}から{receiver}へ、{to_phase}フェーズの引き継ぎが提案されました。"
    "引き継ぎに関わる会社どうしの連絡に、このスレッドをお使いください。案件を担当する会社だけが読めます。"
)
_UNNAMED: Final = "（名簿にない会社）"


class Threads:
    """What the consumer of this name does."""

    def __init__(self, directory: Source) -> None:
        self._directory = directory

    @staticmethod
    def wants(record: Record) -> bool:
        """Whether an event may open a thread."""
        return record.type == HandoffEventType.HANDOFF_OFFERED.value

    async def open(self, transaction: Transaction, records: Sequence[Record]) -> None:
        """Open the thread of each engagement that is offered and has none."""
        offers = list(filter(self.wants, records))
        names = await self._names({id for offer in offers for id in (offer.from_partner_id, offer.to_partner_id) if id})
        for offer in offers:
            words = {
                "from_phase": PHASE_IN_JAPANESE[Phase(offer.from_phase)],
                "to_phase": PHASE_IN_JAPANESE[Phase(offer.to_phase)],
                "sender": names.get(offer.from_partner_id, _UNNAMED),
                "receiver": names.get(offer.to_partner_id, _UNNAMED),
            }
            await run(
                transaction,
                OPEN,
                engagement_id=offer.engagement_id,
                event_id=offer.event_id,
                at=offer.occurred_at,
                title=_TITLE.format(**words),
                body=_BODY.format(**words),
                partner_id=offer.from_partner_id,
            )

    async def _names(self, ids: set[int]) -> dict[int | None, str]:
        if not ids:
            return {}
        values = {"ids": sorted(ids)}
        query = PARTNERS.render(ViewerKind.STAFF, values)
        rows = await self._directory.fetch(PARTNERS.name, query.text, query.arguments(values))
        return {row["id"]: row["name"] for row in rows}
