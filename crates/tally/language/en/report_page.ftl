# The pages of a report: its numbers at a glance, the map, one cell.
report-as-of = As run { $run } left it on { $at }, { $ago }.
report-no-run = No run of this report has come through yet.
report-to-map = Map
report-published-only = Small cells are left out here, as they are in DHIS2: every number on this page is made of published values only.
names-unknown = Names and places have not been read from DHIS2 yet; ids stand in their place.
names-read = Names and places as DHIS2 had them on { $at }, { $ago }.

chart-table = The numbers as a table
chart-period = Period
chart-total = Total

curve-title = Epidemic curve
curve-none = There is no curve: no records are kept, and no indicator counts what happened in a period.
curve-described = { $n } in { $periods } periods.
curve-part = { $period }, { $name }: { $n }
curve-rest = other classifications
curve-unclassified = no classification
curve-confirmed = confirmed
curve-probable = probable
curve-suspect = suspect
curve-discarded = not a case, discarded
curve-from-records = All cases of the line list, by date of onset and by their classification of today. The conditions and places of the report's indicators are not applied.
curve-by-reporting =
    { $n ->
        [one] { $n } case without a date of onset stands at its date of reporting.
       *[other] { $n } cases without a date of onset stand at their date of reporting.
    }
curve-undated =
    { $n ->
        [one] { $n } case has neither date and is not drawn.
       *[other] { $n } cases have neither date and are not drawn.
    }
curve-outside =
    { $n ->
        [one] { $n } case falls into other periods.
       *[other] { $n } cases fall into other periods.
    }
curve-from-cells = The computed values of “{ $title }”, added up over all organisation units; not split by classification, as that needs the line list.

heat-title = Completeness in DHIS2
heat-unit = Organisation unit
heat-percent = { $percent } % of what had values over { $periods } periods stands in DHIS2 whole.
heat-nothing-computed = No value was computed in these periods.
heat-all = all written
heat-some = some written
heat-waiting = waiting
heat-missing = missing
heat-nothing = no value computed
heat-no-data = no data
heat-field = { $written }: { $n } of { $of }
heat-explained = “All written”: every value that the last run over the period computed stands in DHIS2 as Tally wrote it, aside small cells that are left out. “Waiting”: something is held or was refused. “Missing”: values were computed and none stands there. “No value computed”: a run looked, and nothing falls there; a place that is silent and a place without a case look the same. “No data”: no run has looked, or its values are no longer kept. Values that others enter in DHIS2 do not count here.
heat-registers = This report registers data sets as complete after a run, for what was verified and is not held; DHIS2 shows which.
earlier-units = Organisation units before
later-units = More organisation units

spark-title = Indicators
spark-described = Last: { $total } in { $period }.
spark-nothing = Nothing is known.
spark-of-values = total in { $period }
spark-of-records = records behind the values in { $period }
spark-table = Totals of all indicators by period

triangle-title = Revisions
triangle-none = There are no revisions to show.
triangle-explained = What was known of a period at its end (+0), one period later (+1), and so on. What changed is underlined.
triangle-of = Revisions of { $title }
triangle-now = now
triangle-added = added
triangle-taken = taken away

map-title = Map
map-of = { $title }, { $period }
map-described = { $n } of { $units } organisation units that are drawn or listed have a value.
map-unit = { $name }: { $value }
map-unit-without = { $name }: no value
map-range = { $from } to { $to }
map-below-zero = below zero
map-no-value = no value
map-value = Value
map-indicator = Indicator
map-explained = Each organisation unit shows its own values, added up over disaggregations; units below it are not added. About as many units fall into each class.
map-of-records = This indicator does not add up: the map shows how many records are behind its values.
map-not-covered = No run has covered this period, or its values are no longer kept.
map-without-shape =
    { $n ->
        [one] DHIS2 has no place for { $n } organisation unit; the table has it.
       *[other] DHIS2 has no place for { $n } organisation units; the table has them.
    }
map-corners-dropped =
    { $n ->
        [one] { $n } corner that lies nowhere on earth was left out.
       *[other] { $n } corners that lie nowhere on earth were left out.
    }

cell-title = { $unit }, { $period }
cell-values = Values
cell-no-values = There are no values here.
cell-more-values =
    { $n ->
        [one] { $n } more value is not shown.
       *[other] { $n } more values are not shown.
    }
cell-held = What is held here, and why:
cell-combo = Disaggregation
cell-computed = Computed
cell-in-dhis2 = Written to DHIS2
cell-standing = Written to DHIS2
cell-written-by = Written by
cell-removed = removed by Tally
cell-never-written = never written by Tally
cell-history = What it was
cell-no-history = Its former values are no longer kept.
cell-older-versions =
    { $n ->
        [one] { $n } older value is not shown.
       *[other] { $n } older values are not shown.
    }
cell-ended = Run ended
cell-records = Records in it
cell-no-records = No record is in it by the definitions of today.
cell-record = Record
cell-by-date = By
cell-records-shown =
    { $n ->
        [one] { $n } record, by the definitions of today.
       *[other] { $n } records, by the definitions of today.
    }
cell-show-records = Show the records in it
cell-show-records-note = The whole line list is read for that, and both servers are asked what the definitions need.
cell-records-for-operators = The records in it are shown to operators.
