"""Documents by their hash: manifests a client, what each mode runs, and documents that clients register."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from engine.operations import Operations
from hub.errors import BadRequest, DocumentNotTrusted, PersistedQueryNotFound, SetupError
from hub.graphql_request import OperationKind, read_request
from hub.runtime import Runtime
from hub.settings import DocumentMode
from hub.trusted_documents import TrustedDocuments, hash_of
from hub.viewer import Viewer, ViewerKind
from tests.conftest import SCHEMA, STAFF, Dsns, running, settings_for

NAME = "{ viewer { name } }"
SCOPES = "{ viewer { scopes } }"
UNKNOWN = "{ viewer { __typename } }"
BOARD = Viewer(ViewerKind.PERSON, "P", partner_id=1, member_id=1, client="board")
CRM = Viewer(ViewerKind.CRM, "C", partner_id=1)
REPORTING = Viewer(ViewerKind.REPORTING, "R", client="board")

QUERIES = frozenset({OperationKind.QUERY})


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    directory = tmp_path / "manifests"
    directory.mkdir()
    (directory / "board.json").write_bytes(orjson.dumps({f"sha256:{hash_of(NAME)}": NAME}))
    (directory / "default.json").write_bytes(orjson.dumps({hash_of(SCOPES): SCOPES}))
    return directory


def by_hash(text: str) -> dict[str, Any]:
    return {"documentId": f"sha256:{hash_of(text)}"}


def by_apollo(text: str, *, with_query: bool = False) -> dict[str, Any]:
    persisted = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}}
    return persisted | {"query": text} if with_query else persisted


async def run(runtime: Runtime, body: dict[str, Any], viewer: Viewer) -> Any:
    operations = Operations(SCHEMA, runtime.settings)
    return (await operations.run(read_request(body), runtime.context(viewer), allowed=QUERIES)).answer["data"]


async def test_a_document_is_asked_for_by_its_hash(seeded_dsns: Dsns, tmp_path: Path, manifests: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, trusted_documents=manifests)) as runtime:
        assert await run(runtime, by_hash(NAME), BOARD) == {"viewer": {"name": "P"}}
        assert await run(runtime, by_apollo(NAME), BOARD) == {"viewer": {"name": "P"}}
        assert await run(runtime, {**by_apollo(NAME), "query": NAME}, BOARD) == {"viewer": {"name": "P"}}
        assert await run(runtime, by_hash(SCOPES), CRM) == {"viewer": {"scopes": ["partner", "read", "write", "events"]}}
        for viewer, text in ((CRM, NAME), (BOARD, SCOPES), (BOARD, UNKNOWN)):
            with pytest.raises(PersistedQueryNotFound):
                await run(runtime, by_hash(text), viewer)


@pytest.mark.parametrize("mode", list(DocumentMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(
    ("viewer", "text", "known"),
    [(BOARD, NAME, True), (BOARD, SCOPES, False), (CRM, SCOPES, True), (CRM, UNKNOWN, False), (STAFF, UNKNOWN, False)],
)
async def test_which_documents_a_mode_runs(
    seeded_dsns: Dsns, tmp_path: Path, manifests: Path, mode: DocumentMode, viewer: Viewer, text: str, known: bool
) -> None:
    settings = settings_for(seeded_dsns, tmp_path, trusted_documents=manifests, document_mode=mode)
    async with running(settings) as runtime:
        with capture_logs() as logs:
            if mode is DocumentMode.TRUSTED and not known:
                with pytest.raises(DocumentNotTrusted) as caught:
                    await run(runtime, {"query": text}, viewer)
                assert caught.value.extensions == {"code": "DOCUMENT_NOT_TRUSTED", "sha256": hash_of(text)}
            else:
                assert "viewer" in await run(runtime, {"query": text}, viewer)
    logged = [entry for entry in logs if entry["event"] == "document.unknown"]
    expected = {"sha256": hash_of(text), "client": viewer.client, "kind": viewer.kind.value}
    assert [{name: entry[name] for name in expected} for entry in logged] == (
        [expected] if mode is DocumentMode.LOG and not known else []
    )


async def test_the_reporting_tool_may_always_send_its_own(seeded_dsns: Dsns, tmp_path: Path, manifests: Path) -> None:
    settings = settings_for(seeded_dsns, tmp_path, trusted_documents=manifests, document_mode=DocumentMode.TRUSTED)
    async with running(settings) as runtime:
        assert await run(runtime, {"query": UNKNOWN}, REPORTING) == {"viewer": {"__typename": "Viewer"}}


async def test_a_client_registers_a_document_and_asks_for_it_by_hash(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path, automatic_persisted_queries=True)) as runtime:
        with pytest.raises(PersistedQueryNotFound):
            await run(runtime, by_apollo(NAME), BOARD)
        for body in (by_apollo(NAME, with_query=True), by_apollo(NAME)):
            assert await run(runtime, body, BOARD) == {"viewer": {"name": "P"}}
        with pytest.raises(PersistedQueryNotFound):
            await run(runtime, by_apollo(NAME), CRM)


async def test_nothing_is_registered_where_it_is_off_or_not_valid(seeded_dsns: Dsns, tmp_path: Path) -> None:
    async with running(settings_for(seeded_dsns, tmp_path)) as runtime:
        assert await run(runtime, by_apollo(NAME, with_query=True), BOARD) == {"viewer": {"name": "P"}}
        with pytest.raises(PersistedQueryNotFound):
            await run(runtime, by_apollo(NAME), BOARD)
    async with running(settings_for(seeded_dsns, tmp_path, automatic_persisted_queries=True)) as runtime:
        invalid = "{ nothing }"
        with pytest.raises(KeyError, match="data"):
            await run(runtime, by_apollo(invalid, with_query=True), BOARD)
        with pytest.raises(PersistedQueryNotFound):
            await run(runtime, by_apollo(invalid), BOARD)


async def test_registering_does_not_get_a_document_past_the_mode(seeded_dsns: Dsns, tmp_path: Path) -> None:
    settings = settings_for(seeded_dsns, tmp_path, automatic_persisted_queries=True, document_mode=DocumentMode.TRUSTED)
    async with running(settings) as runtime:
        with pytest.raises(DocumentNotTrusted):
            await run(runtime, by_apollo(NAME, with_query=True), BOARD)
        with pytest.raises(PersistedQueryNotFound):
            await run(runtime, by_apollo(NAME), BOARD)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"documentId": "sha256:abc"}, "documentId: must be a SHA-256"),
        ({"documentId": 1}, "documentId: must be a SHA-256"),
        ({"extensions": []}, "extensions: must be a JSON object"),
        ({"extensions": {"persistedQuery": "x"}}, "extensions.persistedQuery: must be"),
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "0" * 64}}}, "extensions.persistedQuery: must be"),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "extensions.persistedQuery.sha256Hash: must be a SHA-256"),
        ({"query": "", "documentId": "0" * 64}, "query: must be a GraphQL document"),
        ({}, "query: must be a GraphQL document"),
    ],
)
def test_what_is_no_hash_is_told(body: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadRequest, match=f"^{problem}"):
        read_request(body)


async def test_a_hash_of_another_document_is_refused(runtime: Runtime) -> None:
    with pytest.raises(BadRequest, match=r"sha256Hash: is not the SHA-256 of the query"):
        await run(runtime, by_apollo(NAME) | {"query": SCOPES}, STAFF)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "cannot be read"),
        (b"[]", "must be a JSON object"),
        (orjson.dumps({"0" * 64: NAME}), "is not the SHA-256 of its document"),
        (orjson.dumps({hash_of(NAME): 1}), "is not the SHA-256 of its document"),
    ],
)
def test_a_manifest_that_is_wrong_is_told_with_its_name(tmp_path: Path, content: bytes, problem: str) -> None:
    (tmp_path / "board.json").write_bytes(content)
    with pytest.raises(SetupError, match=rf"^HUB_TRUSTED_DOCUMENTS: .*board\.json.*{problem}"):
        TrustedDocuments(settings_for({}, tmp_path, trusted_documents=tmp_path))


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is no directory of manifests"):
        TrustedDocuments(settings_for({}, tmp_path, trusted_documents=tmp_path / "nothing"))
