# What to do about a problem, and why a finding matters.
advice-address = Correct the address.
advice-https = Use `https://`, or set `allow_http = true` if nobody else can listen on the way.
advice-unreachable = Check the address, the line and whether the server is up; then run again.
advice-tls = Have the server's certificate renewed, or its authority trusted on this machine.
advice-dhis2-address = Is this DHIS2's own address? A login page or a proxy answers there.
advice-dhis2-path = Is this DHIS2's own address, with the path under which it is installed?
advice-user-and-password = Check the user name and the password.
advice-token = Check the token: whether it is whole, has not expired, and allows GET and POST.
advice-dhis2-locked = Ask the DHIS2 administrator to unlock the account, and check the password.
advice-dhis2-forbidden = Ask the DHIS2 administrator for the missing authority or sharing.
advice-dhis2-version = Tally writes to DHIS2 2.38 and later.
advice-later-read-back = Run again later; what was written is read back first.
advice-fewer-periods = Run fewer periods at a time with --from and --to, or lower `look_back`.
advice-dhis2-refused = DHIS2, or a proxy before it, refused the whole request; ask its administrator. What was written before is in the ledger.
advice-server-log = Look into the server's log, and run again; what was written is read back first.
advice-verbose = Run with --verbose to see which request it was.
advice-dhis2-not-found = Check the identifier, and that the account may read it: DHIS2 does not tell the two apart.
advice-by-uid = Name it by UID.
advice-godata-address = Is this Go.Data's own address? Something else answers there.
advice-godata-login = Check the e-mail address and the password. Ten failures lock the account for half an hour.
advice-godata-blocked = Wait half an hour, and check the password before you run again.
advice-godata-second-factor = Give Tally an account of its own without a second factor.
advice-godata-somebody-else = Somebody else signed in with this account? Give Tally one of its own.
advice-godata-forbidden = Ask the Go.Data administrator for the permission or the outbreak.
advice-godata-outbreak = Check the id or the name of the outbreak.
advice-godata-damaged = Is this Go.Data's own address? If it is, a record in the list is damaged where the message says. Nothing was written to DHIS2.
advice-godata-page = Lower `page_records`. Nothing was written to DHIS2.
advice-later-nothing-written = Run again later; nothing was written to DHIS2.
advice-file-path = Correct the path in `files`.
advice-file-cut = Get the file again: it ends in the middle.
advice-file-list = Get the file again: it should hold a list of records, as Go.Data's API or its JSON export gives it.
advice-no-record = Is it the right outbreak, and may the account list its cases? Nothing was written to DHIS2: without a record, everything reported before would be retracted.
advice-no-record-in-files = Are they the right files? Nothing was written to DHIS2: without a record, everything reported before would be retracted.
advice-find-configuration = Name it with --config, or run `tally demo --keep` for one to start from.
advice-clock = What changed is asked for by the server's clock, periods open and close by it, and certificates are held against ours.
advice-clock-set = Set the clock that is wrong; a time service (NTP) keeps it right.
advice-defaults = Metadata was imported from another server with its own default. Values written to one of them are not seen by forms and indicators that use the other.
advice-defaults-merge = Let the DHIS2 administrator merge them; until then name data elements whose category combo has the default that forms use.
advice-all-authorities = Whoever gets hold of its password or token can change or delete the whole country's data and metadata.
advice-own-account = Give Tally an account of its own whose role has F_DATAVALUE_ADD, and F_DATAVALUE_DELETE where reports retract by deletion.
advice-needs-authority = DHIS2 refuses data values without it.
advice-add-authority = Add it to a role of the account (DHIS2: Users, User roles).
advice-capture = DHIS2 takes values only below the units that are assigned to the account, of superusers too up to 2.42.
advice-capture-assign = Assign the top of the country, or of the part that is reported, to the account.
advice-no-time = A proxy before it takes the header `Date` out of its answers; without it every run reads everything.
advice-no-time-proxy = Let the proxy pass the header.
advice-restricted = If the outbreak applies them, the lists and the counts lack the cases of other areas, and nothing says so: the report would be too low.
advice-restricted-not = Let the account disregard geographic restrictions (Go.Data: Users, the account).
advice-unmapped = Neither they nor a place above them have an organisation unit in the map of places.
advice-unmapped-map = Run `tally map places`; it begins with those on which most records hang.
advice-unit-held = DHIS2 would refuse the values of this organisation unit; they are held.
advice-unit-assign = Assign the data set to it, or the account, or leave its column org_unit empty so that its places count above.
advice-as-above = As above.
advice-check-lists = `tally check` lists all.
advice-periods-held = Values of such periods are held, and corrections of them do not reach DHIS2.
advice-periods-open = Shorten `look_back`, or let the DHIS2 administrator open the periods (expiry days, data input periods) or give the account F_EDIT_EXPIRED.
advice-zeros = Their setting "store zero data values" is off, so a zero and no report look the same there.
advice-zeros-on = Switch the setting on (Maintenance, Data element), or leave out `zeros`.
advice-renamed = A renamed option or a new category combo can send values elsewhere than people look.
advice-plan-shows = `tally plan` shows what would change before anything is pushed.

# What is found well or not, with names in it.
finding-did-you-mean = Did you mean `{ $name }`?
finding-known = Known: { $names }.
finding-known-are = Known are: { $names }.
finding-set-variable = Set `{ $name }` and run again.
finding-problems = the configuration has { $count } problems
finding-well-secrets = every password and token is where the file says
finding-well-no-state = no run was made yet: `{ $folder }` holds no state
finding-well-godata = { $url } signs in as { $account } and shows the outbreak "{ $outbreak }"
finding-well-godata-version = Go.Data { $version }; Tally was studied on { $studied }
finding-well-unbound = the account is not bound to an area
finding-well-clocks = the clocks of { $server } and of this machine agree
finding-well-dhis2 = { $url } is DHIS2 { $version } and knows the account as `{ $account }`
finding-well-authorities = the account may write data values, and not everything
finding-well-defaults = there is one default category option combo
finding-well-definitions = `{ $report }`: its definitions fit data set "{ $data_set }"
finding-well-reference = `{ $report }`: every value that it names is in Go.Data's reference data
finding-one-unmapped = `{ $report }`: 1 location counts nowhere
finding-some-unmapped = `{ $report }`: { $count } locations count nowhere
finding-well-units =
    `{ $report }`: the data set is assigned to { $n ->
        [one] { $n } organisation unit
       *[other] { $n } organisation units
    } of the map, and the account may write there
finding-well-periods = `{ $report }`: DHIS2 takes all periods from { $first } to { $last }
finding-well-zeros = `{ $report }`: DHIS2 stores the zeros that it writes
finding-well-metadata = `{ $report }`: its metadata is as at run { $run }
finding-may-everything = the account `{ $account }` may do everything (authority ALL)
finding-lacks-authority = the account `{ $account }` lacks the authority { $authority }
finding-no-capture = the account `{ $account }` has no organisation unit for data capture
finding-several-defaults = there are { $count } category option combos named `default`: { $names }
finding-bound = the account is bound by geographic restrictions
finding-no-date = Go.Data does not tell its time
finding-drops-zeros = `{ $report }` writes zeros, and DHIS2 drops those of { $names }
finding-metadata-changed = `{ $report }`: since run { $run } somebody changed { $names }
finding-more-of-this-kind = `{ $report }`: { $count } more of this kind
finding-check-state = The state in `{ $folder }` is sound.
finding-check-godata = Report `{ $report }`: Go.Data { $version } answers at { $url }, outbreak "{ $outbreak }".
finding-check-dhis2 =
    Report `{ $report }`: DHIS2 { $version } answers at { $url }; data set "{ $data_set }" takes { $indicators ->
        [one] { $indicators } indicator
       *[other] { $indicators } indicators
    } in { $units ->
        [one] { $units } organisation unit
       *[other] { $units } organisation units
    }.
finding-check-one-unmapped = Report `{ $report }`: 1 location counts nowhere: no organisation unit is mapped there or above.
finding-check-some-unmapped = Report `{ $report }`: { $count } locations count nowhere: no organisation unit is mapped there or above.
finding-well-formed =
    `{ $file }` is well formed: { $n ->
        [one] { $n } report
       *[other] { $n } reports
    }
finding-check-well-formed =
    The configuration is well formed: { $n ->
        [one] { $n } report
       *[other] { $n } reports
    }, { $mapped } of { $places ->
        [one] { $places } place
       *[other] { $places } places
    } mapped.
finding-periods-held =
    `{ $report }`: { $n ->
        [one] { $n } period
       *[other] { $n } periods
    } of { $all } cannot be written now: { $reason }
