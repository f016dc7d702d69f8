"""Every setting of the hub, typed and checked at the start; each comes from an environment variable HUB_<NAME> or from .env."""

from enum import StrEnum
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hub.errors import SetupError
from hub.vocabulary import SourceName

Seconds = Annotated[float, Field(gt=0, le=3600)]

# Not pydantic's PostgresDsn: that refuses a DSN without a host, which is how a Unix socket is named. May hold a password.
Dsn = Annotated[str, Field(pattern=r"^postgres(ql)?://")]

REPORTING_ROLE = "hub_reporting"


class DocumentMode(StrEnum):
    """Which documents are run; the reporting tool may always send its own."""

    ANY = "any"
    LOG = "log"
    TRUSTED = "trusted"


class ShowPlan(StrEnum):
    """Who may ask how an operation was run."""

    NOBODY = "nobody"
    STAFF = "staff"
    EVERYONE = "everyone"


class Settings(BaseSettings):
    """What an operator may set. `.env.example` lists all of it; a test keeps the two alike."""

    model_config = SettingsConfigDict(
        env_prefix="HUB_", env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path = Field(Path(".data"), description="Where the embedded PostgreSQL and the signing key are kept.")

    dsn: Dsn | None = Field(None, repr=False, description="One PostgreSQL database for all five sources, a schema each.")
    directory_dsn: Dsn | None = Field(None, repr=False, description="The database of the partner directory.")
    certifications_dsn: Dsn | None = Field(None, repr=False, description="The database of certification status.")
    engagements_dsn: Dsn | None = Field(None, repr=False, description="The database of engagements.")
    trainings_dsn: Dsn | None = Field(None, repr=False, description="The database of trainings.")
    community_dsn: Dsn | None = Field(None, repr=False, description="The database of the community.")
    directory_replica_dsn: Dsn | None = Field(
        None, repr=False, description="A replica of the partner directory, which the reporting tool reads."
    )
    certifications_replica_dsn: Dsn | None = Field(
        None, repr=False, description="A replica of certification status, which the reporting tool reads."
    )
    engagements_replica_dsn: Dsn | None = Field(
        None, repr=False, description="A replica of engagements, which the reporting tool reads."
    )
    trainings_replica_dsn: Dsn | None = Field(
        None, repr=False, description="A replica of trainings, which the reporting tool reads."
    )
    community_replica_dsn: Dsn | None = Field(
        None, repr=False, description="A replica of the community, which the reporting tool reads."
    )

    pool_size: int = Field(10, ge=1, le=200, description="Connections to each source, at most.")
    acquire_timeout_seconds: Seconds = Field(2, description="How long a read waits for a connection to its source.")
    statement_timeout_seconds: Seconds = Field(10, description="How long one read of a source may take.")
    probe_interval_seconds: Seconds = Field(5, description="How often a source that answers is probed.")
    retry_interval_seconds: Seconds = Field(0.5, description="How often a source that is down is tried again.")

    reporting_pool_size: int = Field(5, ge=1, le=200, description="Connections to each source for the reporting tool, at most.")
    reporting_acquire_timeout_seconds: Seconds = Field(10, description="How long a read of the reporting tool waits for one.")
    reporting_statement_timeout_seconds: Seconds = Field(60, description="How long one read of the reporting tool may take.")
    reporting_request_timeout_seconds: Seconds = Field(
        90, validate_default=True, description="How long one operation of it may take; more than a statement of it may."
    )
    reporting_role: str = Field(
        REPORTING_ROLE,
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="The database role that may read the views of the schema reporting, and nothing else.",
    )

    cache_ttl_seconds: Seconds = Field(300, description="How long reference data stays cached if no notice of a change comes.")
    cache_max_entries: int = Field(100_000, ge=0, description="Entries of the memory cache, at most; 0 caches nothing.")
    redis_url: str | None = Field(
        None,
        repr=False,
        pattern=r"^(redis|rediss|unix)://",
        description="A Redis or Valkey for a cache shared by several nodes.",
    )

    token_issuer: str = Field("partner-hub", min_length=1, description="The `iss` that tokens must carry.")
    token_audience: str = Field("partner-hub", min_length=1, description="The `aud` that tokens must carry.")
    jwks: str | None = Field(
        None,
        min_length=1,
        description="The identity provider's keys: a file or an https:// URL; unset, the hub signs its own tokens.",
    )
    jwks_refresh_seconds: Seconds = Field(600, description="How often the identity provider's keys are read again.")
    jwks_retry_seconds: Seconds = Field(10, description="How long between two reads of them, at least, whatever the tokens.")
    time_zone: str = Field("Asia/Tokyo", description="The programme's time zone: what `today` is, and dates in filters.")
    handoff_respond_days: int = Field(
        14,
        ge=1,
        le=365,
        description="Within how many days an offered hand-off is to be answered, where the sender does not say.",
    )
    handoff_respond_days_max: int = Field(
        90,
        ge=1,
        le=365,
        validate_default=True,
        description="How many days a sender may give at most; not fewer than the above.",
    )
    sweep_interval_seconds: float = Field(
        1,
        ge=0,
        le=3600,
        description="How often this node looks for offers that have lapsed, to return them; 0 leaves that to others.",
    )
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest body of a request, or message on a socket.")
    max_batch: int = Field(0, ge=0, le=100, description="Operations in one request, at most; 0 takes no batches.")
    body_timeout_seconds: Seconds = Field(10, description="How long a request's head may take to arrive, and then its body.")
    request_timeout_seconds: Seconds = Field(
        15, validate_default=True, description="How long one operation may take; more than a statement may."
    )
    max_requests_in_flight: int = Field(
        100, ge=1, le=10_000, description="Operations under way at once, at most; what is beyond is refused early."
    )
    max_exports: int = Field(4, ge=0, le=100, description="Exports under way at once, at most; what is beyond is refused.")
    export_timeout_seconds: Seconds = Field(1800, description="How long one export may take, its client's slowness included.")
    max_sockets: int = Field(10_000, ge=0, le=100_000, description="WebSocket connections and event streams, at most.")
    max_subscriptions_per_viewer: int = Field(
        100, ge=1, le=100_000, description="Subscriptions that one caller has open at once, at most; each node counts its own."
    )
    stream_keepalive_seconds: Seconds = Field(
        15, description="How often an event stream (SSE) that has nothing to say sends a comment, so that it is not cut off."
    )
    max_operations_per_socket: int = Field(32, ge=1, le=1000, description="Operations at once on one socket, at most.")
    connection_init_timeout_seconds: Seconds = Field(10, description="How long a socket may take to send its credentials.")
    reverify_interval_seconds: Seconds = Field(30, description="How often an open socket's credentials are verified again.")
    document_max_characters: int = Field(
        65_536, ge=1000, description="Characters of a document, at most; counted before it is read."
    )
    document_max_tokens: int = Field(3000, ge=100, description="Lexical tokens of a document, at most.")
    document_max_depth: int = Field(20, ge=5, description="How deep a document's fields are nested, at most.")
    document_max_aliases: int = Field(
        100, ge=0, description="Aliases in a document, at most, counted where fragments are spread."
    )
    document_max_directives: int = Field(100, ge=0, description="Directives in a document, at most, counted likewise.")
    document_max_selection_sets: int = Field(250, ge=10, description="Selection sets in a document, at most, counted likewise.")
    documents_kept_characters: int = Field(
        2_000_000,
        ge=0,
        description="Characters of the documents that are kept ready, in all; each takes some 100 bytes of memory.",
    )
    show_plan: ShowPlan = Field(
        ShowPlan.STAFF, description="Who is told how an operation was run, on request: nobody, staff, or everyone."
    )
    slow_operation_milliseconds: float = Field(
        1000, ge=0, description="An operation that takes so long is logged with all that it read; 0 logs none."
    )
    introspection: bool = Field(True, description="Whether clients may ask for the schema.")
    cost_ceiling_staff: int = Field(50_000, ge=1, description="What one operation of staff may cost, at most.")
    cost_ceiling_person: int = Field(20_000, ge=1, description="What one operation of a firm's person may cost, at most.")
    cost_ceiling_crm: int = Field(20_000, ge=1, description="What one operation of a firm's CRM may cost, at most.")
    cost_ceiling_reporting: int = Field(
        100_000, ge=1, description="What one operation of the reporting tool may cost, at most."
    )
    cost_budget_per_minute_staff: int = Field(1_000_000, ge=1, description="What staff may spend a minute, each.")
    cost_budget_per_minute_person: int = Field(400_000, ge=1, description="What a firm's person may spend a minute.")
    cost_budget_per_minute_crm: int = Field(400_000, ge=1, description="What a firm's CRM may spend a minute.")
    cost_budget_per_minute_reporting: int = Field(2_000_000, ge=1, description="What the reporting tool may spend a minute.")
    trusted_documents: Path | None = Field(
        None, description="A directory of manifests, <client>.json, of documents by their SHA-256."
    )
    document_mode: DocumentMode = Field(
        DocumentMode.ANY, description="any document is run; log those that are in no manifest; or only trusted ones are run."
    )
    automatic_persisted_queries: bool = Field(
        False, description="Whether clients may register documents to ask for them by hash."
    )
    log_format: Literal["console", "json"] = Field("console", description="How log lines are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least level that is logged.")

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone; use a name of the IANA database, for example Asia/Tokyo") from None
        return value

    @field_validator("jwks")
    @classmethod
    def _jwks_can_be_trusted(cls, value: str | None) -> str | None:
        if value is None or "://" not in value:
            return value
        url = urlsplit(value)
        if url.username is not None or not url.hostname:
            raise ValueError("must be a file, or a URL with a host and without a password")
        if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.hostname)):
            raise ValueError("must be a file or an https:// URL; http:// only for this machine itself")
        return value

    @field_validator("request_timeout_seconds", "reporting_request_timeout_seconds")
    @classmethod
    def _outlasts_a_statement(cls, value: float, others: ValidationInfo) -> float:
        assert others.field_name is not None
        name = others.field_name.replace("request", "statement")
        statement = others.data.get(name)
        if statement is not None and value <= statement:
            raise ValueError(
                f"must be more than HUB_{name.upper()}, which is {statement:g}: "
                "a slow read would otherwise end the whole operation; raise the one or lower the other"
            )
        return value

    @field_validator("handoff_respond_days_max")
    @classmethod
    def _allows_the_default(cls, value: int, others: ValidationInfo) -> int:
        default = others.data.get("handoff_respond_days")
        if default is not None and value < default:
            raise ValueError(f"must not be less than HUB_HANDOFF_RESPOND_DAYS, which is {default}")
        return value

    @cached_property
    def zone(self) -> ZoneInfo:
        """The programme's time zone."""
        return ZoneInfo(self.time_zone)

    def dsn_of(self, source: SourceName) -> str | None:
        """The DSN set for a source, its own before the common one; None where the embedded server holds it."""
        own: str | None = getattr(self, f"{source.value}_dsn")
        chosen = own or self.dsn
        return None if chosen is None else str(chosen)

    def replica_dsn_of(self, source: SourceName) -> str | None:
        """The DSN of a source's replica, if it has one."""
        replica: str | None = getattr(self, f"{source.value}_replica_dsn")
        return None if replica is None else str(replica)

    @cached_property
    def reporting(self) -> Self:
        """The same, with the bounds on reads and requests that the reporting tool has."""
        bounds = ("pool_size", "acquire_timeout_seconds", "statement_timeout_seconds", "request_timeout_seconds")
        return self.model_copy(update={bound: getattr(self, f"reporting_{bound}") for bound in bounds})

    @property
    def needs_embedded_postgres(self) -> bool:
        """Whether any source has no DSN, so that the embedded server must hold it."""
        return any(self.dsn_of(source) is None for source in SourceName)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(**overrides: object) -> Settings:
    """Read the settings; SetupError names every setting that is wrong, and what it takes."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        # Without what was found there: that may be a password.
        lines = [f"  HUB_{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors()]
        raise SetupError("These settings are wrong; mend them in the environment or in .env:\n" + "\n".join(lines)) from None
