# What `tally init` asks and says.
init-ask-godata = Address of Go.Data
init-ask-email = E-mail address of Tally's account in Go.Data
init-ask-password = Password of { $who }
init-ask-outbreak = Which outbreak?
init-ask-dhis2 = Address of DHIS2
init-ask-username = User name of Tally's account in DHIS2
init-ask-data-set = Which data set is to be filled? (type to search)
init-ask-block = What counts for "{ $name }"?
init-later = Leave it open, to decide in the file

init-godata =
    Go.Data { $version }: signed in as { $email }, which sees { $outbreaks ->
        [one] { $outbreaks } outbreak
       *[other] { $outbreaks } outbreaks
    }.
init-restricted = Beware: the account is bound by geographic restrictions. If the outbreak applies them, the cases of other areas are missing; let the account disregard them.
init-dhis2 =
    DHIS2 { $version }: signed in as { $user }, who sees { $sets ->
        [one] { $sets } data set
       *[other] { $sets } data sets
    }.
init-superuser = Beware: this account may do everything in DHIS2. One that may write data values into this data set is enough, and safer.
init-may-not-write = Beware: this account may not write data values (F_DATAVALUE_ADD). Have it given the authority before the first run.
init-nothing-new = { $config } has something for every data element of its data sets; nothing was changed.

init-column-element = data element
init-column-counts = counts
init-open-nothing = open: nothing in the catalogue is like it
init-open-near = open: perhaps { $near }
init-open-type = not filled: it takes no number ({ $type })
init-open-combo = open: the category "{ $category }" is not understood: { $reason }
init-decided =
    { $n } of { $all ->
        [one] { $all } data element
       *[other] { $all } data elements
    } { $n ->
        [one] has
       *[other] have
    } an indicator. Read each of them before you trust it: `tally catalogue NAME` says what it counts.
init-written = Written: { $files }
init-updated = Added to: { $files }

init-places = Now the places: which organisation unit each location is.
init-plan = The plan of the last closed period, { $period }. Nothing is written to DHIS2.
init-done =
    Next: read { $config }, decide what is open there, and run `tally check`. `tally plan` shows what a run would change,
    and `tally run` writes it.
