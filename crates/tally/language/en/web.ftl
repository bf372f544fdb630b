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

# Data quality.
page-quality = Data quality
column-such-as = such as
column-groups = groups
quality-unknown = too many records to compare while they pass
quality-no-run = No run of this report has looked at records yet.

# Places.
page-places = Places
places-mapped =
    { $n ->
        [one] { $n } place has
       *[other] { $n } places have
    } an organisation unit; { $above ->
        [one] { $above } is
       *[other] { $above } are
    } left to the place above.
places-open-matches = Open matches
places-none-open = Nothing is open: every place with records counts somewhere.
places-what-to-do = Records that hang on them count nowhere. Choose in { $map }, or let Tally propose:
places-more =
    { $n ->
        [one] One more is in the map.
       *[other] { $n } more are in the map.
    }
column-what-it-may-be = what it may be

# Settings.
page-settings = Settings
settings-file = These stand in
setting-address = address
setting-outbreak = outbreak
setting-account = account
setting-secret = secret
setting-files = files
setting-small-cells = small cells
setting-fewer-than =
    { $n ->
        [one] fewer than { $n } record is left out
       *[other] fewer than { $n } records are left out
    }
setting-state = State
setting-folder = folder
setting-records = records
setting-keep-records = stay here
setting-keep-nothing = are counted and forgotten
setting-places = map of places
setting-report = Report { $report }
setting-data-sets = data sets
setting-period = periods
setting-look-back = periods looked back
setting-indicators = indicators
setting-schedule = schedule
setting-none = none
setting-deadline = deadline
setting-alerts = Alerts
setting-webhook = webhook
setting-email = e-mail
setting-heartbeat = heartbeat
secret-variable = in the environment variable { $name }
secret-file = in the file { $path }
secret-nowhere = nowhere: what the configuration names is no place
secret-missing = { $at }, which is not there

# Audit.
page-audit = Audit
audit-final = Who decided what, and what the daemon did by itself. Entries are never changed.
audit-none = Nothing was decided yet.
older-entries = Older entries
column-who = who
column-did = did
column-on-what = on what

# Asking and deciding.
page-decisions = Decisions
forbidden = Not yours to do
forbidden-text = Your role does not allow it. An administrator of Tally can give you another one.
needs-problems =
    { $n ->
        [one] { $n } problem that nobody sees to yet
       *[other] { $n } problems that nobody sees to yet
    }
job-run = Run now
job-back-fill = Back-fill
job-plan = Make a plan
job-apply = Apply the plan
job-discard = Discard the plan
job-release = Release what is held
job-overwrite = Overwrite what was changed
job-run-meaning = Tally reads Go.Data, compares with DHIS2, pushes what is different and reads it back, as it does on schedule. With periods of your own it fills those in.
job-plan-meaning = Tally reads Go.Data, compares with DHIS2 and keeps what it would change, for a week, to be applied or discarded.
job-apply-meaning = Tally pushes exactly the values of this plan and reads them back. If DHIS2 or the definitions have moved since, it refuses.
job-discard-meaning = The plan can then not be applied any more. The values in DHIS2 stay as they are.
job-release-meaning = Tally runs the report and sends also what it holds back by its own judgement: losses that look too large, and periods and units that DHIS2 is believed to refuse. DHIS2 decides.
job-overwrite-meaning = Tally runs the report and replaces, this once, the values of its own that somebody changed in DHIS2. What they wrote is in the audit of DHIS2.
asking-writes = This may change values in DHIS2.
asking-writes-nothing = Nothing in DHIS2 changes by this.
asking-recorded = Your name stays with it in the history.
asking-from = first period
asking-to = last period
asking-periods = As DHIS2 writes them, such as 2020W7 or 202003. Left empty, they are those of the schedule.
asking-full = Read everything, and not only what changed
asking-cancel = Cancel
not-asked-no-report = There is no report { $report } any more.
not-asked-no-plan = Plan { $plan } does not wait for a decision any more.
not-asked-already = The same waits already: job { $job }.
not-asked-full = Too much waits already. Ask again when some of it is done.
job-asked = waits
job-running = under way
job-done = done
job-failed = failed
job-refused = refused
job-lost = lost: the daemon ended while it was under way
job-waits = This page moves on by itself.
job-its-run = The run
job-its-plan = The plan
plan-number = Plan { $plan }
plan-open = to be decided
plan-applied = applied
plan-discarded = discarded
plan-expired = too old
plan-decided-by = decided by
plan-until = may be applied until
plan-gone = What it was to change is not kept any more.
decisions-problems = Problems
decisions-no-problems = No report has a problem that is not over.
decisions-plans = Plans
decisions-no-plans = Nobody asked for a plan yet.
decisions-jobs = Asked of the daemon
decisions-no-jobs = Nothing was asked yet.
column-plan = plan
column-job = job
column-asked-by = asked by
problem-drifted = changed in DHIS2
problem-since = since
problem-seen = times seen
problem-acknowledged = seen to by
acknowledge = I see to it
acknowledge-meaning = The problem is not told again until it is over or becomes another one. Your name stays with it.
