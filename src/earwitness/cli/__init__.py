"""The command line: one verb a file, each a thin wrapper on a public function."""
