# The dashboard.
skip-to-content = Skip to the content
pages = Pages
sign-out = Sign out
back-to-overview = Back to the overview
not-found = Not found
not-found-text = There is no such page, or what it showed is gone.
page-failed = This page could not be made
show = Show
all = all
all-reports = All reports
earlier = Earlier
later = Later
page-overview = Overview
page-runs = Runs
page-run = Run { $run }
run-page = Run { $run } of { $report }

# Time.
moment-ago = { $span } ago
moment-in = in { $span }
span-seconds =
    { $n ->
        [one] { $n } second
       *[other] { $n } seconds
    }
span-minutes =
    { $n ->
        [one] { $n } minute
       *[other] { $n } minutes
    }
span-hours =
    { $n ->
        [one] { $n } hour
       *[other] { $n } hours
    }
span-days =
    { $n ->
        [one] { $n } day
       *[other] { $n } days
    }
took-seconds = { $secs } s

# Overview.
daemon-starting = The daemon is starting.
daemon-waiting = Another daemon works on this state; this one waits until it is gone.
daemon-stopping = The daemon finishes what it writes, and stops.
daemon-running = Report “{ $report }” runs now.
daemon-next = The next report is due { $at }, { $distance }.
daemon-idle = No report has a schedule.
not-reloaded = The changed configuration is not in use:
standing-overdue = overdue
standing-failed = failed
standing-partial = partial
standing-held = waits for you
standing-running = running
standing-new = no run yet
standing-clean = proved
needs-overdue = Due { $at }, { $distance }, and no run has succeeded since
needs-failed = The last run failed: { $why }
needs-rejected =
    { $n ->
        [one] DHIS2 rejected { $n } value
       *[other] DHIS2 rejected { $n } values
    }
needs-different =
    { $n ->
        [one] { $n } value is not in DHIS2 as it was written
       *[other] { $n } values are not in DHIS2 as they were written
    }
needs-held =
    { $n ->
        [one] { $n } value is held
       *[other] { $n } values are held
    }
needs-drifted =
    { $n ->
        [one] { $n } value was changed in DHIS2 by somebody else
       *[other] { $n } values were changed in DHIS2 by somebody else
    }
card-run = run { $run }, { $first } to { $last }
card-success = { $span } ago
card-no-success = never
card-proved = last proved
card-last-run = last run
card-next-run = next run
card-schedule = schedule

# Runs.
column-began-by = began by
column-took = took
column-values = values
column-value = value
column-should = should be
column-says = DHIS2 says
column-step = step
column-seconds = seconds
older-runs = Older runs
trigger-schedule = schedule
trigger-command-line = command line
run-under-way = Under way
run-elsewhere = Another process runs it; it says: { $state }.
run-failed = Why it failed
run-certificate = The certificate, to print and sign
run-warnings = Worth knowing
run-rejected = Rejected by DHIS2
run-different = Not as it should be
run-held = Held
run-changes = Values that change or are held
run-unmapped = Places without an organisation unit
run-timings = Time
plan-empty = Nothing changes.
changes-shown = { $from } to { $to } of { $n }
step-of = { $done } of { $total }
step-begun = begun
page-nothing-to-push =
    Nothing was to push; { $n ->
        [one] { $n } value is
       *[other] { $n } values are
    } in DHIS2 as it should be.
page-pushed =
    { $n ->
        [one] { $n } value was
       *[other] { $n } values were
    } pushed in { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    }; { $verified } verified.
page-planned = Planned; nothing was pushed.
