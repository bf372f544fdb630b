# What a run says while it runs, on stderr: the names of the steps, and what came of each.
step-preflight = preflight
step-extract = extract
step-control = control
step-diff = diff
step-push = push
step-verify = verify
step-complete = complete
step-ended = { $step } { $summary } ({ $ms } ms)

step-definitions-fit = DHIS2 { $version } and the definitions fit
step-plan-fits = DHIS2 { $version } and the plan fit
step-dhis2-answers = DHIS2 { $version } answers
step-report = report `{ $name }`
step-counted =
    { $records ->
        [one] { $records } record
       *[other] { $records } records
    } counted into { $cells ->
        [one] { $cells } cell
       *[other] { $cells } cells
    }
step-compared =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } to push, { $held } held
step-as-planned = DHIS2 is as the plan found it
step-pushed =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } written in { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    }, { $rejected } rejected
step-pushed-some =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } written in { $requests ->
        [one] { $requests } request
       *[other] { $requests } requests
    }, { $rejected } rejected, { $later } not taken now
step-verified = { $equal } of { $n } values are as they should be
step-registered =
    { $n ->
        [one] { $n } slice
       *[other] { $n } slices
    } registered as complete
step-held-against =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } compared
step-counts =
    Go.Data gave { $n ->
        [one] { $n } count
       *[other] { $n } counts
    }
step-counts-some =
    Go.Data gave { $n ->
        [one] { $n } count
       *[other] { $n } counts
    }; not every period that differs was looked for
step-places =
    { $locations ->
        [one] { $locations } location
       *[other] { $locations } locations
    }, { $units ->
        [one] { $units } organisation unit
       *[other] { $units } organisation units
    }
step-residences =
    the residence of { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
step-findings =
    { $n ->
        [one] { $n } finding
       *[other] { $n } findings
    }
