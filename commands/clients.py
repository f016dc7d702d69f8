"""Clients: registered by the firm that advises them, with what the corporate register says of them."""

from collections.abc import Container

from commands.idempotency import Outcome
from commands.write import Write
from hub.user_errors import Refused, UserError, duplicate, not_found, path, required
from hub.vocabulary import SourceName, UserErrorCode
from loaders.engagements import CORPORATIONS
from sql import load

REGISTER = load(SourceName.ENGAGEMENTS, "register_client")


async def register_client(
    write: Write,
    *,
    corporate_number: str | None,
    name: str | None,
    name_kana: str | None,
    region: str | None,
    industry: str | None,
    employees: int | None,
    advisor_id: int,
    firms: Container[int],
) -> Outcome:
    """Register a client that this firm advises. Of name, kana and region the register's word goes before the caller's."""
    if advisor_id not in firms:
        raise Refused([not_found("advisorId")])
    corporation = None if corporate_number is None else await write.row(CORPORATIONS, numbers=[corporate_number])
    if corporation is not None:
        name = corporation["name"]
        name_kana = corporation["name_kana"] or name_kana
        region = corporation["region"] or region
    if name is None:
        raise Refused([required("name") if corporate_number is None else _unknown_number()])
    registered = await write.row(
        REGISTER,
        name=name,
        name_kana=name_kana,
        corporate_number=corporate_number,
        region=region,
        industry=industry,
        employees=employees,
        advisor_id=advisor_id,
    )
    if registered is None:
        raise Refused(
            [
                duplicate(
                    "corporateNumber", "この法人番号の顧客は登録済みです。", "A client of this corporate number is registered."
                )
            ]
        )
    return Outcome(client_id=registered["id"])


def _unknown_number() -> UserError:
    return UserError(
        UserErrorCode.NOT_FOUND,
        "この法人番号は登録簿にありません。name を入力すれば登録できます。",
        "The register does not know this number; give a name to register it all the same.",
        path("corporateNumber"),
    )
