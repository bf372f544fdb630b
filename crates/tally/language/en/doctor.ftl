# The doctor, and whatever else is found well or not.
mark-ok = ok
mark-warning = warning
mark-error = error
doctor-configuration = configuration
doctor-state = state
doctor-report = report
doctor-daemon = daemon
doctor-why = why:
doctor-do = do:
doctor-all-well = All is well.
doctor-warnings =
    { $n ->
        [one] { $n } finding
       *[other] { $n } findings
    } to look at; a run would go on.
doctor-errors =
    { $n ->
        [one] { $n } finding
       *[other] { $n } findings
    } that would end a run.
doctor-errors-and-warnings =
    { $n ->
        [one] { $n } finding
       *[other] { $n } findings
    } that would end a run, and { $warnings } more to look at.
