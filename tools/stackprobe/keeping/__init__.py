"""Past runs kept where there is no Graphite: on a branch of a git repository, or in a directory.

`plan` says what changes when a run is added, within bounds of age and size; `branch` and `folder` are the two places
that can be changed so, each safe against other writers; `git` runs git. What is kept is read by
:mod:`stackprobe.history.archive`.
"""
