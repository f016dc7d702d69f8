"""How an operation runs: from a document to an answer. It knows no word of the domain."""
