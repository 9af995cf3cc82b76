"""Delivery of figures to Graphite: nothing lost, nothing doubled, over a protocol without an acknowledgement.

Carbon's plaintext protocol answers nothing, so *exactly once* is made of two halves.

**At least once.** What was not confirmed stays in the spool and is sent again, oldest run first.

- A batch goes through graphyte, told to raise what it would swallow, on a connection of its own, which is then closed
  for writing. Carbon reads to that end, and only then closes its side: the end of its stream says that it has consumed
  every line. A carbon that dies, closes early or hangs gives a reset or a time-out instead, and the whole batch counts
  as not sent. A line that was cut on the way has no newline, and carbon throws it away.
- Carbon can still drop what it has consumed, and tells nobody: points of new series beyond MAX_CREATES_PER_MINUTE (50
  in its example configuration), points beyond a full cache, points in memory when it is killed, or stopped within a
  second of their arrival. With ``--verify-url`` figures are read back from graphite-web, and what is missing is sent
  again until it is there. A figure counts as stored when its series exists in the store (carbon's memory does not
  count: the points of a series that does not exist yet can still be dropped) and it is read back some seconds after it
  was sent. A slot that holds another value is left alone: it belongs to a later run, and sending the earlier one again
  would bury it.

**Idempotent.** A point is a name, a second and a value. Carbon and whisper keep one value for a name and a second, so a
point that arrives twice overwrites itself. The second is that of the run's start, taken from the journal, and the same
whenever a report is made or sent again; no name stands twice in a run. Values travel with all their digits.

Two runs of one cloud within one interval of Graphite's finest retention share a slot there, and the later value stays:
a retention has to be as fine as the runs are frequent.
"""
