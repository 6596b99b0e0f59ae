"""Claims of papers beside what could be shown on open data; one file an experiment."""
