# A past run held against both servers as they are now.
verify-title =
    Report `{ $report }` (run { $run }): { $first } to { $last }, { $n ->
        [one] { $n } value
       *[other] { $n } values
    } and { $records ->
        [one] { $records } record
       *[other] { $records } records
    }
# $godata_version brings its own space, or is empty.
verify-sides = Go.Data{ $godata_version } at { $godata }; DHIS2 { $dhis2_version } at { $dhis2 }, data set "{ $data_set }"
verify-not-as-computed =
    Not as computed: { $n ->
        [one] { $n } value
       *[other] { $n } values
    }
verify-next = Clear with whoever wrote them which number is right; `tally plan` shows what the next run would do.
verify-agrees = agrees: all sides say the same.
verify-agrees-but-held = agrees: all sides say the same, the held values aside.
verify-differs = differs: the sides do not say the same.
verify-differs-but-held = differs: the sides do not say the same, the held values aside.
