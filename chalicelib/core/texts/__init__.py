"""Every text that people read in pages, alerts and notices, in English and French: one file an area."""
