"""What earlier runs found, for whatever judges or shows more than one: from Graphite, or from the runs themselves.

`model` says what a history answers; `graphite`, `archive` and `memory` are the three there are, and `opening` chooses.
"""
