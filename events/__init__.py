"""The event log: what orders it, who reads it, and how its places are named to clients."""
