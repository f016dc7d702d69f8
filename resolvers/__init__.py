"""What root fields do: check the arguments, call a loader, shape; they take keywords, return rows, and name no schema type."""
