# Accepting what somebody else wrote in DHIS2.
accept = Accept what DHIS2 has
accept-meaning =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } of report { $report }, as run { $run } told them, stay in DHIS2 as somebody else wrote them. Tally leaves each alone until DHIS2 says something else there, or the number that Tally computes changes; then it tells of it again. The tie-out sets them apart.
withdraw = Take back
withdraw-meaning =
    { $n ->
        [one] { $n } accepted value
       *[other] { $n } accepted values
    } of report { $report } are told again as changed by somebody else, from the next run on.
accepted-values =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    } of report { $report }
decisions-accepted = Accepted as DHIS2 has them
