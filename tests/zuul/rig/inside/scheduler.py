"""zuul-scheduler, quicker to notice that an executor is gone. Run by the Python of Zuul's venv.

Upstream looks for builds without an executor once a minute; a test need not wait that long.
"""

import sys

import zuul.scheduler
from apscheduler.triggers.interval import IntervalTrigger
from zuul.cmd.scheduler import main

zuul.scheduler.Scheduler._build_request_cleanup_interval = IntervalTrigger(seconds=5)
sys.argv[0] = "zuul-scheduler"  # the name of its component, and of the section of its configuration
main()
