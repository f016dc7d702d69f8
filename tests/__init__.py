"""The tests: real PostgreSQL, real sockets, exact values and exact numbers of queries."""
