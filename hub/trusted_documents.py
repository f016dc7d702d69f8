"""Documents known by their hash: manifests of trusted ones, a file a client, and those that clients register by themselves.

A client names a document by `documentId` (GraphQL over HTTP), or by `extensions.persistedQuery` as Apollo's clients do.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import orjson
import structlog

from hub.errors import BadRequest, DocumentNotTrusted, PersistedQueryNotFound, SetupError
from hub.graphql_request import GraphQLRequest
from hub.settings import DocumentMode, Settings
from hub.viewer import Viewer, ViewerKind

log = structlog.get_logger(__name__)

DEFAULT_CLIENT = "default"
"""The manifest of callers whose credential names no client."""

MOST_REGISTERED = 1000
"""Documents that are kept of those that clients register; the least recently used goes first."""


class TrustedDocuments:
    """What a request means by a document, and whether it may be run."""

    def __init__(self, settings: Settings) -> None:
        self._mode = settings.document_mode
        self._manifests = _read_manifests(settings.trusted_documents)
        self._automatic = settings.automatic_persisted_queries
        self._registered: OrderedDict[tuple[Viewer, str], str] = OrderedDict()

    def text_of(self, asked: GraphQLRequest, viewer: Viewer) -> str:
        """The document's text. PersistedQueryNotFound for a hash that is not known, DocumentNotTrusted by the mode."""
        manifest = self._manifests.get(viewer.client or DEFAULT_CLIENT, {})
        if asked.document_hash is None:
            assert asked.query is not None
            self._check_trusted(asked.query, None, manifest, viewer)
            return asked.query
        known = manifest.get(asked.document_hash)
        if asked.query is None:
            found = known or self._registered_text(viewer, asked.document_hash)
            if found is None:
                raise PersistedQueryNotFound
            return found
        if hash_of(asked.query) != asked.document_hash:
            raise BadRequest("extensions.persistedQuery.sha256Hash: is not the SHA-256 of the query.")
        self._check_trusted(asked.query, asked.document_hash, manifest, viewer)
        return asked.query

    def register(self, asked: GraphQLRequest, viewer: Viewer) -> None:
        """Keep a document that came with its hash, once it is known to be valid; for this caller alone."""
        if not self._automatic or asked.document_hash is None or asked.query is None:
            return
        self._registered[viewer, asked.document_hash] = asked.query
        if len(self._registered) > MOST_REGISTERED:
            self._registered.popitem(last=False)

    def _check_trusted(self, text: str, known_hash: str | None, manifest: Mapping[str, str], viewer: Viewer) -> None:
        if self._mode is DocumentMode.ANY or viewer.kind is ViewerKind.REPORTING:
            return
        document_hash = known_hash or hash_of(text)
        if document_hash in manifest:
            return
        if self._mode is DocumentMode.TRUSTED:
            raise DocumentNotTrusted(document_hash)
        log.warning("document.unknown", sha256=document_hash, client=viewer.client, kind=viewer.kind.value)

    def _registered_text(self, viewer: Viewer, document_hash: str) -> str | None:
        if not self._automatic:
            return None
        text = self._registered.get((viewer, document_hash))
        if text is not None:
            self._registered.move_to_end((viewer, document_hash))
        return text


def hash_of(text: str) -> str:
    """The SHA-256 of a document, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read_manifests(directory: Path | None) -> dict[str, dict[str, str]]:
    """The documents by hash of each client: `<client>.json` maps sha256:<hex>, or the bare hex, to a document's text."""
    if directory is None:
        return {}
    if not directory.is_dir():
        raise SetupError(f"HUB_TRUSTED_DOCUMENTS: {directory} is no directory of manifests.")
    return {path.stem: _read_manifest(path) for path in sorted(directory.glob("*.json"))}


def _read_manifest(path: Path) -> dict[str, str]:
    try:
        entries = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError(f"HUB_TRUSTED_DOCUMENTS: {path} cannot be read: {error}") from None
    if not isinstance(entries, dict):
        raise SetupError(f"HUB_TRUSTED_DOCUMENTS: {path} must be a JSON object of documents by their hash.")
    documents: dict[str, str] = {}
    for name, text in entries.items():
        document_hash = name.removeprefix("sha256:")
        if not isinstance(text, str) or hash_of(text) != document_hash:
            raise SetupError(f"HUB_TRUSTED_DOCUMENTS: {path}: the entry {name[:80]} is not the SHA-256 of its document.")
        documents[document_hash] = text
    return documents
