"""The step engine: executes steps against a cloud, measures them where they touch the wire, and writes the journal."""
