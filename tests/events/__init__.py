"""The event log: nothing lost, nothing twice, nothing to the wrong eyes."""
