"""Nothing is read without a rule: no table of a migration, no read in a named query, no type of the graph."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

import sql
from hub.policy import visible
from hub.viewer import ViewerKind
from hub.vocabulary import SourceName
from tests.visibility.graph import SCHEMA, is_page_part
from tests.visibility.places import TABLES

WITHOUT_RULE = {
    "directory.api_key": "credentials of machines: read before it is known who asks, and never a part of the graph",
    "engagements.idempotency_key": "outcomes of mutations: read by keys of the viewer's own firm, never a part of the graph",
    "community.log_consumer": "how far the hub itself has read the log",
    "community.thread": "which engagements' threads the hub has opened: what shows of them are their posts",
    "engagements.event_log_default": "a part of engagements.event_log, and never read by itself",
    "engagements.event_log_state": "which history the log is, and how far: shown to nobody but as a sealed cursor",
    "engagements.outbox": "events on their way into the log: the sequencer moves them, and nobody is answered from here",
}
"""Tables that no viewer reads, each with why."""

OPERATORS = {
    "directory/api_key.sql": "reads a credential, before there is a viewer",
    "directory/api_key_uses.sql": "writes when a credential was used",
    "directory/create_api_key.sql": "an operator's command",
    "directory/list_api_keys.sql": "an operator's command",
    "directory/revoke_api_key.sql": "an operator's command",
    "community/consumer_place.sql": "a consumer's of the log",
    "community/move_consumer.sql": "a consumer's of the log",
    "community/open_thread.sql": "a consumer's of the log: a post under the rule of its engagement",
    "engagements/append_events.sql": "the sequencer's",
    "engagements/claim_event_log.sql": "the sequencer's",
    "engagements/event_log_state.sql": "where the log begins and ends, and the key of its cursors: shown to nobody",
    "engagements/events_wait.sql": "the sequencer's",
    "engagements/keep_event_log.sql": "the sequencer's",
    "engagements/new_epoch.sql": "an operator's command, and the tailer's",
    "engagements/read_log.sql": "the tailer's: each event is judged for each viewer before it is delivered",
    "engagements/event_seers.sql": "the dispatcher's: who sees each event, to deliver it to them alone",
    "engagements/import_corporations.sql": "an operator's command",
    "engagements/bench_import_difference.sql": "a measurement",
    "engagements/lapsed_offers.sql": "the sweeper's: what time does",
    "engagements/lock_free_engagement.sql": "the sweeper's: what time does",
    "engagements/seed_events.sql": "an operator's command: demo data",
    "engagements/sweep_idempotency_keys.sql": "the sweeper's: what time does",
}
"""Named queries that are sent for no viewer, each with why."""

_LOCKED = "writes by the key of an engagement that its transaction has found under the viewer's rule, locked and judged"
_OWN_KEY = "by the key of the viewer's own firm, or of staff"

WRITES = {
    "engagements/answer_handoff.sql": _LOCKED,
    "engagements/change_engagement.sql": _LOCKED,
    "engagements/claim_idempotency_key.sql": _OWN_KEY,
    "engagements/end_assignment.sql": _LOCKED,
    "engagements/offer_handoff.sql": _LOCKED,
    "engagements/open_engagement.sql": "writes for a client that its transaction has found under the viewer's rule, and locked",
    "engagements/outcome.sql": _OWN_KEY,
    "engagements/prescribe.sql": _LOCKED,
    "engagements/record_event.sql": _LOCKED,
    "engagements/record_finding.sql": _LOCKED,
    "engagements/register_client.sql": "writes a new client of the firm that its command has judged",
    "engagements/set_external_ref.sql": _LOCKED,
    "engagements/start_assignment.sql": _LOCKED,
    "engagements/store_outcome.sql": _OWN_KEY,
}
"""Named statements that mutations send after what they may do has been judged, each with why it needs no rule of its own."""

PARTS = {
    ("directory/partners.sql", "directory.membership", "m"): "the associations of a firm, which everyone sees",
    ("directory/partners.sql", "directory.association", "a"): "its code and its phases, which everyone sees",
    ("engagements/engagements.sql", "engagements.client", "c"): "region and industry, which show wherever the engagement does",
    ("engagements/engagements.sql", "engagements.engagement", "led"): "narrows visible rows by what all of them show",
    **{
        ("engagements/standings.sql", f"engagements.{table}", alias): "how an engagement stands that was found under a rule"
        for table, alias in (
            ("engagement", "e"),
            ("client", "c"),
            ("prescription", "p"),
            ("finding", "f"),
            ("handoff", "h"),
            ("handoff", "o"),
            ("assignment", "a"),
        )
    },
    ("engagements/lock_engagement_of_handoff.sql", "engagements.engagement", "e"): "locked, not shown: the hand-off shows",
    (
        "engagements/events.sql",
        "engagements.event_log_state",
        "s",
    ): "where the log begins and ends, for cursors",
    ("engagements/engagement_figures.sql", "engagements.client", "c"): "region and industry, as there",
    ("engagements/viewer_peers.sql", "engagements.client", "c"): "the advisor of an engagement whose client shows",
    ("trainings/sessions.sql", "trainings.enrollment", "held"): "how many seats are held: a figure that everyone sees",
    ("trainings/training_figures.sql", "trainings.enrollment", "held"): "the same, for all sessions at once",
}
"""Reads of a table that are a part of a row that is visible by its own rule, each with why."""

_CREATED = re.compile(r"CREATE TABLE (?:IF NOT EXISTS )?([a-z_]+)")
_READ = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|USING|TABLE|,)\s+(?:ONLY\s+)?([a-z_]+\.[a-z_]+)\s+(?:AS\s+)?([a-z_]+)")
_ANY_READ = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|TABLE)\s+(?:ONLY\s+)?([a-z_.]+)(?!\w|\s*\()")
_VISIBLE = re.compile(r"\{(?:visible|counted) ([a-z_]+\.[a-z_]+)(?:\.[a-z_]+)? ([a-z_]+)\}")
_OPTIONAL = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_COMMENT = re.compile(r"--.*")


def tables() -> Iterator[str]:
    """Every table that the migrations create."""
    for source in SourceName:
        for path in sorted((sql.ROOT / source.value / "migrations").glob("*.sql")):
            text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
            yield from (f"{source.value}.{name}" for name in _CREATED.findall(text))


def queries() -> list[Path]:
    """Every named query of a source."""
    return sorted(chain.from_iterable((sql.ROOT / source.value).glob("*.sql") for source in SourceName))


def name_of(path: Path) -> str:
    """Source and file."""
    return path.relative_to(sql.ROOT).as_posix()


def parts_of(text: str) -> list[str]:
    """What is always sent, and each optional part by itself: a rule in the one does not guard a read in the other."""
    plain = _COMMENT.sub("", text)
    return [_OPTIONAL.sub("", plain), *_OPTIONAL.findall(plain)]


def unguarded(name: str, text: str) -> list[tuple[str, str]]:
    """The (table, alias) that a query reads without a rule and without being a declared part."""
    found = []
    for part in parts_of(text):
        guarded = set(_VISIBLE.findall(part))
        reads = set(_READ.findall(_VISIBLE.sub("", part)))
        # A column with a name of its own stands in a list as a table does: `, o.status AS offer_status`.
        aliases = {alias for _, alias in reads}
        reads = {(table, alias) for table, alias in reads if table.partition(".")[0] not in aliases}
        found += [read for read in sorted(reads - guarded) if (name, *read) not in PARTS]
    return found


def has_rule(table: str, kind: ViewerKind) -> bool:
    """Whether the policy knows a table for a kind of viewer."""
    try:
        visible(table, "x", kind)
    except KeyError:
        return False
    return True


@pytest.mark.parametrize("kind", list(ViewerKind), ids=lambda kind: kind.value)
def test_every_table_has_a_rule_for_every_kind_of_viewer(kind: ViewerKind) -> None:
    found = list(tables())
    assert len(found) == len(set(found)) > 15
    assert {table for table in found if not has_rule(table, kind)} == set(WITHOUT_RULE)


@pytest.mark.parametrize("path", queries(), ids=name_of)
def test_every_read_of_a_table_stands_under_a_rule(path: Path) -> None:
    name, text = name_of(path), path.read_text(encoding="utf-8")
    if name in OPERATORS:
        assert not _VISIBLE.search(text), "a query with a viewer's rule in it is sent for viewers"
        return
    if name in WRITES:
        assert set(re.findall(r"\bRETURNING (.*)", text)) <= {"id", "k.key"}, "a write gives back no more than keys"
        assert re.match(r"(INSERT|UPDATE|WITH)\b", _COMMENT.sub("", text).strip()) or WRITES[name] is _OWN_KEY
        return
    assert unguarded(name, text) == []
    for table in _ANY_READ.findall(_COMMENT.sub("", text)):
        assert "." in table, f"{table} is read without its schema, so that no rule can be told to be its own"


def test_what_is_declared_is_there() -> None:
    texts = {name_of(path): path.read_text(encoding="utf-8") for path in queries()}
    assert set(OPERATORS) | set(WRITES) <= set(texts)
    assert not set(OPERATORS) & set(WRITES)
    read = {(name, *found) for name, text in texts.items() for part in parts_of(text) for found in _READ.findall(part)}
    assert set(PARTS) <= read
    assert set(WITHOUT_RULE) <= set(tables())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SELECT e.id FROM engagements.engagement AS e", [("engagements.engagement", "e")]),
        ("SELECT e.id FROM engagements.engagement AS e WHERE {visible engagements.engagement e}", []),
        ("SELECT e.id FROM a.b AS e WHERE {visible a.c e}", [("a.b", "e")]),
        ("SELECT FROM engagements.engagement AS e WHERE TRUE [[AND {visible engagements.engagement e} AND e.id = ANY(:ids)]]",
         [("engagements.engagement", "e")]),
        ("SELECT FROM a.b AS e, c.d AS f WHERE {visible a.b e}", [("c.d", "f")]),
        ("SELECT FROM a.b AS e WHERE {visible a.b e} [[AND e.id IN (SELECT x.id FROM a.b AS x WHERE x.id = :id)]]",
         [("a.b", "x")]),
        ("SELECT FROM a.b AS e JOIN a.c f ON TRUE WHERE {visible a.b e}", [("a.c", "f")]),
    ],
)  # fmt: skip
def test_a_read_without_a_rule_is_found(text: str, found: list[tuple[str, str]]) -> None:
    assert unguarded("engagements/some.sql", text) == found


def test_a_read_of_a_table_without_a_rule_cannot_be_built() -> None:
    statement = sql.Statement(SourceName.DIRECTORY, "some", "SELECT FROM directory.some AS s WHERE {visible directory.some s}")
    with pytest.raises(KeyError, match=r"directory\.some"):
        statement.render(ViewerKind.STAFF, {})


def test_every_type_of_the_graph_is_of_a_table_with_a_rule() -> None:
    types = {name for name in SCHEMA.type_map if hasattr(SCHEMA.type_map[name], "fields") and name in TABLES}
    assert types == set(TABLES)
    assert not any(is_page_part(name) for name in types)
    assert {TABLES[name] for name in types} <= {table for table in tables() if has_rule(table, ViewerKind.CRM)}
