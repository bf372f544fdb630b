# What is missing or cannot be in the records, as findings name it.
rule-missing = missing
rule-in-the-future = in the future
rule-too-early = too early
rule-onset-after-reporting = onset after reporting
rule-infection-after-onset = infection after onset
rule-outcome-before-onset = outcome before onset
rule-burial-before-outcome = burial before outcome
rule-reporting-after-entry = reporting after entry
rule-death-without-date = death without date
rule-outcome-without-date = outcome without date
rule-date-without-outcome = date without outcome
rule-burial-without-death = burial without death
rule-no-start = no start
rule-end-before-start = end before start
rule-stay-before-onset = stay before onset
rule-case-date-of-contact = case date of contact
rule-age-too-high = age too high
rule-months-beyond-year = months beyond year
rule-pregnant-male = pregnant male
rule-unknown-location = unknown location
rule-not-mapped = not mapped
rule-not-in-reference-data = not in reference data
rule-not-mentioned = not mentioned
rule-unreadable = unreadable
likeness-visual-id = same visual id
likeness-traits = same traits

quality-of-run =
    Data quality of report `{ $report }`: { $n ->
        [one] { $n } record
       *[other] { $n } records
    } in { $places ->
        [one] { $places } place
       *[other] { $places } places
    }, as run { $run } found them, { $at }
quality-of-line-list =
    Data quality of report `{ $report }`: { $n ->
        [one] { $n } record
       *[other] { $n } records
    } in { $places ->
        [one] { $places } place
       *[other] { $places } places
    }, as the line list has them, { $at }
quality-nothing = Nothing is missing, and nothing cannot be, in what was looked at.
quality-what-is-missing = What is missing or cannot be
quality-duplicates = Likely duplicates
quality-duplicates-none = { $likeness }: none
quality-duplicates-unknown = { $likeness }: too many records to compare while they pass; --records compares those of the line list
quality-all = all
quality-delays = Delays: the days within which so many are done
quality-records = Records
quality-more-records = ... and { $n ->
        [one] { $n } more finding
       *[other] { $n } more findings
    }; --output csv and --output json have all.
quality-more-groups = ... and { $n ->
        [one] { $n } more group
       *[other] { $n } more groups
    }; --output csv and --output json have all.
quality-groups = Records that may be one person's
quality-not-looked-at = Not looked at, because what it takes is not read; `all_rules = true` under `[quality]` has most of it read
quality-over = over { $days }
quality-under = under { $days }
quality-more-places = { $n } more
delay-onset-to-reporting = onset to reporting
delay-onset-to-stay = onset to stay
delay-reporting-to-classification = reporting to classification
delay-reporting-to-entry = reporting to entry
delay-onset-to-outcome = onset to outcome
