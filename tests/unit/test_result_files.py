"""What a build of Zuul publishes of a run's directory."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_FILE = Path(__file__).resolve().parents[2] / "roles" / "report_results" / "client" / "result_files.py"


def test_reports_and_console_logs_are_artifacts(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("result_files", _FILE)
    assert spec and spec.loader
    result_files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(result_files)
    run = tmp_path / "stackprobe"
    (run / "consoles").mkdir(parents=True)
    for name in ("report.html", "consoles/guest_login-log_in-az1.txt", "other.txt"):
        (run / name).touch()
    assert [(one["name"], one["url"], one["metadata"]["type"]) for one in result_files.artifacts(run)] == [
        ("Report", "stackprobe/report.html", "stackprobe_report"),
        (
            "Console log guest_login-log_in-az1",
            "stackprobe/consoles/guest_login-log_in-az1.txt",
            "stackprobe_console",
        ),
    ]
