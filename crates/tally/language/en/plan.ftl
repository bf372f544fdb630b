# What would change in DHIS2, and why.
plan-title = Report `{ $report }`: { $first } to { $last }
plan = Plan
action-create = create
action-update = update
action-retract = retract
action-retract-to-zero = retract to zero
action-unchanged = unchanged
action-drifted = drifted
action-existing = existing
action-accepted = accepted
action-held = held
more-values = ... and { $n ->
        [one] { $n } more value
       *[other] { $n } more values
    }; --all shows them.
# With --all, where the history has no more.
more-values-elsewhere = ... and { $n ->
        [one] { $n } more value
       *[other] { $n } more values
    }.
# $place brings its own space and its parentheses, or is empty.
plan-held =
    held: { $n ->
        [one] { $n } value
       *[other] { $n } values
    }{ $place }: { $reason }
plan-suppressed =
    left out as small cells: { $n ->
        [one] { $n } value
       *[other] { $n } values
    } of { $element } (primary), and { $others } with which they could be computed (complementary)
plan-drifted =
    drifted: somebody changed { $n ->
        [one] { $n } value
       *[other] { $n } values
    } that Tally wrote. Clear with them which number is right; `on_drift = "overwrite"` in the report lets Tally's stand.
plan-existing =
    existing: somebody else wrote { $n ->
        [one] { $n } value
       *[other] { $n } values
    } before Tally did. Clear with them which number is right; `on_existing = "overwrite"` in the report lets Tally's stand.
plan-waits = The whole plan waits. Look at it with `tally plan --all`; if it is right, `tally apply --held` sends it.
plan-records = The records behind the changes:
plan-records-of = { $value }:
plan-record = { $record } { $movement }: { $why }
plan-more-records = ... and { $n ->
        [one] { $n } more record
       *[other] { $n } more records
    }.
plan-saved = The plan is in { $path }; `tally apply { $path }` carries it out.

# Why a value changes.
why-somebody = by { $by }
why-somebody-at = by { $by }, { $at }
why-entered = { $n } entered
why-left = { $n } left
why-revised = { $n } revised
why-moved = { $moved }: { $why }
movement-entered = entered
movement-left = left
movement-revised = revised
why-new = new, or restored
why-gone = deleted, merged or converted
why-time = time went on
why-converted = converted
why-reclassified = reclassified
why-place = moved to another place ({ $field })
why-date = another date ({ $field })
why-field = { $field } changed
reason-first =
    first value, { $n ->
        [one] { $n } record
       *[other] { $n } records
    }
reason-losses = { $lost } of { $of } that Tally reported would be taken away, more than losses_max_percent = { $percent } allows without a person
reason-somebody-changed = somebody changed what Tally wrote
reason-somebody-before = somebody wrote before Tally did
reason-accepted = somebody accepted it
reason-no-rule = no rule holds, and nobody stated it
reason-person = a person stated it
reason-rule = rule { $number } holds, { $rule }: { $numbers }
reason-otherwise = no rule holds: { $numbers }
reason-everywhere = it is said for every place and period
reason-wrote-before = Tally wrote { $value } before
reason-not-written = the report no longer writes this value since run { $run }
reason-configuration = the configuration or the map of places changed since run { $run }
reason-not-kept = what the records were before is not kept since run { $run }
reason-time = time went on: open intervals reach further since run { $run }
reason-unexplained = not explained by the records since run { $run }

# Why a record is not counted.
excluded-other-kind = another kind of record
excluded-condition-false = condition false
excluded-condition-unknown = condition unknown
excluded-no-date = no date
excluded-outside = outside the periods
excluded-no-place = no place
excluded-unknown-place = place unknown to Go.Data
excluded-not-mapped = place not mapped
excluded-no-value = no value to measure
excluded-unknown-group = unknown { $dimension }
