"""The life of an engagement: what may be done by whom, what each change leaves, and that nothing is done twice or by halves."""
