"""Subscriptions as clients meet them, over real sockets, with the log, the sequencer and PostgreSQL behind them."""
