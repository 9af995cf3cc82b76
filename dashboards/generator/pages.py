"""The dashboards."""

from __future__ import annotations

from dashboards.generator.model import BAD, ROOT, Dashboard, Panel, error_ratio

_CALLS = f"{ROOT}.api.$service.*.*"
_STEPS = f"{ROOT}.$scenario.*"

OVERVIEW = Dashboard(
    "stackprobe-overview",
    "stackprobe: overview",
    "How a cloud behaves, at one glance.",
    (
        Panel(
            "Runs that passed",
            (
                f"alias(asPercent(integral(sumSeries({ROOT}.run.passed)), "
                f"integral(sumSeries({ROOT}.run.{{passed,failed}}))), 'passed')",
            ),
            "Of the runs that judged the cloud, in the time that is shown.",
            "percent", "number", 6, 99.0,
        ),
        Panel(
            "Leftovers",
            (f"aliasByNode({ROOT}.run.leftovers, 2)",),
            "Resources that the last run could not delete.",
            kind="number", width=6, good_above=-1.0,
        ),
        Panel(
            "API errors",
            (error_ratio(f"{ROOT}.api.*.*.*"),),
            "Requests of the last run with a 5xx, or with no answer at all.",
            "percent", "number", 6, -1.0,
        ),
        Panel(
            "Duration of the last run",
            (f"aliasByNode({ROOT}.run.duration_ms, 2)",),
            "From the first request to the end of teardown.",
            "ms", "number", 6,
        ),
        Panel(
            "How runs ended",
            (f"aliasByNode({ROOT}.run.{{passed,failed,error,skipped}}, 2, 4)",),
            "Failed is the cloud's fault; error is the probe's, which then says nothing about the cloud.",
            kind="bars",
        ),
        Panel(
            "How scenarios ended",
            (f"aliasByNode({ROOT}.run.scenarios_{{passed,failed,error,skipped}}, 2, 4)",),
            "How many scenarios of each run.",
            kind="bars",
        ),
        Panel(
            "Scenarios that failed",
            (f"aliasByNode(exclude({ROOT}.*.failed, '\\.(run|sweep)\\.failed$'), 3)",),
            "By scenario.",
            kind="bars",
        ),
        Panel(
            "Duration of scenarios",
            (f"aliasByNode(exclude({ROOT}.*.duration_ms, '\\.run\\.duration_ms$'), 3)",),
            "Of those that were judged.",
            "ms",
        ),
        Panel(
            "Answers of services",
            (f"groupByNode({ROOT}.api.*.*.*.{{2*,3*,404}}.mean_ms, 4, 'average')",),
            "Mean over the kinds of requests to a service, without those that failed.",
            "ms",
        ),
        Panel(
            "Errors of services",
            (f"groupByNode({ROOT}.api.*.*.*.{BAD}.count, 4, 'sum')",),
            "Requests with a 5xx, or with no answer at all.",
            kind="bars",
        ),
    ),
)  # fmt: skip

API = Dashboard(
    "stackprobe-api",
    "stackprobe: API latency and errors",
    "Every request that the probes have sent.",
    (
        Panel(
            "Requests", (f"groupByNode({_CALLS}.*.count, 4, 'sum')",), "How many a run sends to a service.", kind="bars"
        ),
        Panel(
            "Answers by class",
            (
                f"alias(sumSeries({_CALLS}.2*.count), '2xx')",
                f"alias(sumSeries({_CALLS}.4*.count), '4xx')",
                f"alias(sumSeries({_CALLS}.{BAD}.count), '5xx or none')",
            ),
            "Some 4xx are wanted: scenarios also try what must be refused.",
            kind="bars",
        ),
        Panel(
            "Error ratio",
            (error_ratio(_CALLS),),
            "5xx, or no answer, of all requests.",
            "percent",
        ),
        Panel(
            "Errors by request",
            (f"aliasByNode(highestMax({_CALLS}.{BAD}.count, 15), 4, 5, 6, 7)",),
            "The fifteen worst.",
            kind="bars",
        ),
        Panel(
            "Mean latency by service",
            (f"groupByNode({_CALLS}.{{2*,3*,404}}.mean_ms, 4, 'average')",),
            "Mean over the kinds of requests.",
            "ms",
        ),
        Panel(
            "Slowest kinds of requests, mean",
            (f"aliasByNode(highestAverage({_CALLS}.{{2*,3*,404}}.mean_ms, 10), 4, 5, 6, 7)",),
            "The ten slowest.",
            "ms",
        ),
        Panel(
            "Slowest kinds of requests, 95th percentile",
            (f"aliasByNode(highestMax({_CALLS}.{{2*,3*,404}}.p95_ms, 10), 4, 5, 6, 7)",),
            "The ten slowest; of few requests, the slowest of them.",
            "ms",
        ),
        Panel(
            "Slowest requests",
            (f"aliasByNode(highestMax({_CALLS}.*.max_ms, 10), 4, 5, 6, 7)",),
            "Whatever they were answered with.",
            "ms",
        ),
    ),
    ("service",),
)

SCENARIOS = Dashboard(
    "stackprobe-scenarios",
    "stackprobe: scenarios and steps",
    "What the probes did, step by step.",
    (
        Panel("Passed", (f"aliasByNode({ROOT}.$scenario.passed, 2, 3)",), "Scenarios that passed.", kind="bars"),
        Panel(
            "Failed or not judged",
            (f"aliasByNode({ROOT}.$scenario.{{failed,error}}, 2, 3, 4)",),
            "Failed is the cloud's fault, error is the probe's.",
            kind="bars",
        ),
        Panel("Duration", (f"aliasByNode({ROOT}.$scenario.duration_ms, 2, 3)",), "Of scenarios as a whole.", "ms"),
        Panel(
            "Slowest steps",
            (f"aliasByNode(highestMax({_STEPS}.duration_ms, 15), 3, 4)",),
            "Too slow for its limit is failed; the time is the true one.",
            "ms",
        ),
        Panel(
            "Slowest steps by zone or type",
            (f"aliasByNode(highestMax({_STEPS}.*.duration_ms, 15), 3, 4, 5)",),
            "Steps that run once a zone, a type or an address.",
            "ms",
        ),
        Panel(
            "Steps that failed",
            (f"aliasByNode(highestMax({_STEPS}.failed, 15), 3, 4)",),
            "The fifteen that failed most.",
            kind="bars",
        ),
        Panel(
            "Retries",
            (f"aliasByNode(highestMax({_STEPS}.retries, 15), 3, 4)",),
            "A retry that succeeds is passed, and counted here.",
            kind="bars",
        ),
        Panel(
            "Steps that were skipped",
            (f"aliasByNode(highestMax({_STEPS}.skipped, 15), 3, 4)",),
            "What the cloud or the configuration does not have.",
            kind="bars",
        ),
    ),
    ("scenario",),
)

DATA_PLANE = Dashboard(
    "stackprobe-data-plane",
    "stackprobe: data plane",
    "What customers of the cloud's customers see: servers, addresses, names.",
    (
        Panel(
            "Servers until they are active",
            (f"aliasByNode({ROOT}.*.wait_until_the_server_is_active.*.duration_ms, 3, 5)",),
            "By scenario and availability zone.",
            "ms",
        ),
        Panel(
            "Endpoints",
            (f"aliasByNode({ROOT}.endpoints.ask_the_service.*.duration_ms, 5)",),
            "What every endpoint of the catalog takes to answer.",
            "ms",
        ),
        Panel(
            "Watched addresses",
            (f"aliasByNode({ROOT}.http_watch.ask_the_address.*.duration_ms, 5)",),
            "Scenario http_watch.",
            "ms",
        ),
        Panel(
            "Phases of watched addresses",
            (f"aliasByNode({ROOT}.http_watch.ask_the_address.*.{{dns_ms,connect_ms,tls_ms,first_byte_ms}}, 5, 6)",),
            "Name resolution, connect, TLS, first byte.",
            "ms",
        ),
        Panel(
            "Days until certificates end",
            (f"aliasByNode({ROOT}.http_watch.ask_the_address.*.certificate_days, 5)",),
            "Of watched addresses with TLS.",
            "d",
        ),
        Panel(
            "Name resolution",
            (f"aliasByNode({ROOT}.dns_resolve.resolve_the_name.*.duration_ms, 5)",),
            "Scenario dns_resolve: name and resolver.",
            "ms",
        ),
    ),
)

LEFTOVERS = Dashboard(
    "stackprobe-leftovers",
    "stackprobe: leftovers",
    "What the cloud could not delete.",
    (
        Panel("Leftovers of runs", (f"aliasByNode({ROOT}.run.leftovers, 2)",), "Not known to be deleted at its end."),
        Panel(
            "Leftovers by scenario",
            (f"aliasByNode(exclude({ROOT}.*.leftovers, '\\.run\\.leftovers$'), 3)",),
            "Which scenario made them.",
            kind="bars",
        ),
        Panel(
            "What sweeps found",
            (f"aliasByNode({ROOT}.sweep.{{deleted,kept,failed,unlisted}}, 2, 4)",),
            "Deleted, kept since their run may live, not to be deleted, kinds that could not be listed.",
            kind="bars",
        ),
        Panel(
            "Deletes",
            (f"aliasByNode(highestMax({ROOT}.*.delete_*.duration_ms, 15), 3, 4)",),
            "Deleting is a measured step too.",
            "ms",
        ),
    ),
)

MONITOR = Dashboard(
    "stackprobe-monitor",
    "stackprobe: the monitor itself",
    "Whether the probes run, and when they could not judge.",
    (
        Panel(
            "Runs that judged the cloud, an hour",
            (f"aliasByNode(summarize({ROOT}.run.heartbeat, '1h', 'sum'), 2)",),
            "No bar: the monitor itself is down, or could not judge.",
            kind="bars",
        ),
        Panel("Runs that could not judge", (f"aliasByNode({ROOT}.run.error, 2)",), "The probe's fault.", kind="bars"),
        Panel("Start delay", (f"aliasByNode({ROOT}.run.start_delay_ms, 2)",), "How late the CI started a run.", "ms"),
        Panel("Duration of runs", (f"aliasByNode({ROOT}.run.duration_ms, 2)",), "Keep it below the interval.", "ms"),
        Panel(
            "First authentication",
            (f"aliasByNode({ROOT}.run.authenticate.duration_ms, 2)",),
            "Before any scenario begins.",
            "ms",
        ),
        Panel("Retries", (f"aliasByNode({ROOT}.run.retries, 2)",), "Tries beyond the first, over all steps."),
        Panel(
            "Requests a run",
            (f"alias(sumSeries({ROOT}.api.*.*.*.*.count), 'requests')",),
            "What the monitor costs the cloud.",
        ),
    ),
)

PAGES = (OVERVIEW, API, SCENARIOS, DATA_PLANE, LEFTOVERS, MONITOR)
