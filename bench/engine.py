"""What the engine costs: `python -m bench.engine`, or with the names of some of the parts; all of them take about five minutes.

    handwritten   the hub and PostgreSQL against one hand-written SQL statement an operation
    small_query   the smallest query against a bare Starlette route
    graphql_core  this process against Strawberry with DataLoader on graphql-core
    linear        ten times the rows
    documents     thousands of distinct documents
    viewers       staff, and a person of a firm

The data is made at the first use, in HUB_DATA_DIR (two minutes, 2 GB): see bench/one_database.py. On Linux, best on a machine
that has nothing else to do. Answers are compared before anything is measured; the exit status is 1 where they differ. Times are
printed and not judged; what counts are ratios, as both sides meet the same machine.
"""

import sys

import uvloop

from bench import documents, graphql_core, handwritten, linear, small_query, viewers
from bench.one_database import one_database

PARTS = {
    "handwritten": handwritten.measure,
    "small_query": small_query.measure,
    "graphql_core": graphql_core.measure,
    "linear": linear.measure,
    "documents": documents.measure,
    "viewers": viewers.measure,
}


def main() -> None:
    """Measure the parts named at the command line, or all."""
    named = sys.argv[1:] or list(PARTS)
    if not PARTS.keys() >= set(named):
        sys.exit(f"usage: python -m bench.engine [PART…]\n\n{__doc__}")
    with one_database() as settings:
        for name in named:
            uvloop.run(PARTS[name](settings))


if __name__ == "__main__":
    main()
