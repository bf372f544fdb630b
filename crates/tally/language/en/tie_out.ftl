# The same totals on three sides.
tie-out = Tie-out
agrees-yes = yes
agrees-no = NO
agrees-not-godata = NO: Go.Data
agrees-neither = NO: both
not-pushed = not pushed
read-and-counted = Go.Data itself counts { $counted } records; { $read } were read: the same.
read-and-counted-otherwise = Go.Data itself counts { $counted } records; { $read } were read: not the same.
tie-out-wherever = Go.Data counts records wherever they live: counted and missed (no mapped place, an unknown group) together.
tie-out-suppressed = { $indicator }: { $values } of ours are left out of DHIS2 as small cells.
tie-out-not-asked = { $indicator }: Go.Data was not asked: { $reason }.
tie-out-not-asked-everywhere = { $indicator }: Go.Data was not asked for every period that may differ: { $reason }.
tie-out-differs = { $indicator }, { $period }: Tally read { $read }, Go.Data counts { $counted }
tie-out-differs-over = { $indicator }, { $first } to { $last }: Tally read { $read }, Go.Data counts { $counted }
tie-out-differs-in = { $classification }: Tally read { $read }, Go.Data counts { $counted }
no-classification = no classification
more-lines = ... and { $n } more; --all shows them.

# Why Go.Data cannot count the same.
not-asked-table = only persons are counted this way
not-asked-measure = it is no number of records
not-asked-window = it looks at stays, of which Go.Data's filter knows no order
not-asked-basis = its date is one of several in a list
not-asked-statement = a statement is not a count of records
not-asked-list = no list of Go.Data holds what its condition asks for
not-asked-condition = its condition is not a simple one (only `=`, `<>` and `IN`, joined by AND)
not-asked-field = its condition looks at `{ $field }`, which holds no reference data
