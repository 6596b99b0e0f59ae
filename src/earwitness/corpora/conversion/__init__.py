"""A corpus in the formats of other toolkits: one file each."""
