"""Alarms as issues of GitHub, for where the CI itself has no alarm: one issue an incident, from its start to its end.

`plan` decides from the state and the issues there are, without asking anybody; `tracker` is the little of GitHub that
is needed, `calls` makes its failures and limits bearable, and `carrying_out` does what is planned, never twice.
"""
