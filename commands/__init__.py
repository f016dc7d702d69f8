"""Changes of the sources, each in one transaction: found under the viewer's rule, judged under a lock, then written."""
