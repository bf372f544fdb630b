# What a run tells when it is done.
run-title = Report `{ $report }` (run { $run }): { $first } to { $last }
run-outbreak = , outbreak "{ $name }"
run-from-files =
    from files of Go.Data: { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
# $version and $outbreak bring their own space or comma, or are empty.
run-from-server =
    from Go.Data{ $version } at { $url }{ $outbreak }: { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
run-read-changes =
    read: what changed, { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
run-read-snapshot = computed by Ballista, from a snapshot of the line list
run-read-shared = read: nothing; the report before has read the line list
run-read-full = read: the whole line list
run-read-plan = read: nothing; the records are those of the saved plan
run-to = to DHIS2 { $version } at { $url }, data set "{ $data_set }"
run-report-failed = report `{ $report }`: { $error }

account = Account of records
account-by-date = { $n } by { $field }
account-unknown = { $n } unknown { $dimension }

unmapped =
    Places without an organisation unit: { $n ->
        [one] { $n } record
       *[other] { $n } records
    } hang on them.
# $name brings its own space, or is empty.
unmapped-place = { $id }{ $name }: { $n }
unmentioned = Values that no definition mentions; does one of them mean what is counted?
unmentioned-value =
    { $field } = '{ $value }': { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
issues = Data quality
# $sample is empty or `such-as`.
issue = { $field }: { $n } { $rule }{ $sample }
such-as = , such as { $record }
quality = Data quality: `tally quality` says where, and which records
quality-finding =
    { $field }: { $n } { $rule } in { $places ->
        [one] { $places } place
       *[other] { $places } places
    }{ $sample }
quality-more = ... and { $n ->
        [one] { $n } more finding
       *[other] { $n } more findings
    }
quality-alike =
    { $likeness }: { $n ->
        [one] { $n } record
       *[other] { $n } records
    } in { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }

rejected =
    Rejected by DHIS2: { $n ->
        [one] { $n } value
       *[other] { $n } values
    }
# $code brings its own space, or is empty.
rejected-value = { $value }: { $code }{ $reason }
rejected-next = Once DHIS2 takes them, run again: only what is missing is pushed.
different =
    Not as it should be: { $n ->
        [one] { $n } value
       *[other] { $n } values
    }
different-value = { $value }: should be { $should }, DHIS2 says { $says }
nothing = nothing

run-nothing-to-push =
    nothing to push; { $n ->
        [one] { $n } value
       *[other] { $n } values
    } verified
run-pushed =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } pushed, { $verified } verified
run-planned = planned; nothing was pushed
run-ended = { $verdict }: { $what }. { $secs } s ({ $steps })
verdict-clean = clean
verdict-partial = partial
verdict-held = held
verdict-failed = failed
verdict-cancelled = cancelled
place-not-among-locations = (not among Go.Data's locations)
place-not-mapped = (not mapped)
place-unknown-location = (unknown location)
place-none = (no place)

# Past runs.
history-none = No run yet.
history-periods = { $first } to { $last }
history-run = Run { $run } of report `{ $report }` { $outcome }
history-why = : { $error }
