# Why a location and an organisation unit are taken for the same place, or not.
alike-same-id = same id
alike-same-code = same code
alike-same-name = same name
alike-general-words = same name but for general words
alike-joined = same name, words joined otherwise
alike-order = same words in another order
alike-sound = another spelling of the same sound
alike-alike-sound = sounds nearly the same
alike-one-letter = one letter differs
alike-two-letters = two letters differ
alike-somewhat = somewhat alike
alike-more-words = one name has more words
alike-other-name = another name
alike-other-kind = another kind of place
alike-parent = same parent
alike-ancestor = in the same area, a level more or less between
alike-parents-alike = parents of the same name
alike-parent-unknown = parent not matched
alike-roots = both at the top
alike-other-parent = under another parent
alike-other-level = another level than its peers
alike-only-ones = the only ones left under their parents
alike-letters = { $n } letters differ
alike-marks = one says "{ $location }", the other "{ $unit }"
alike-synonym = by the name "{ $name }"
alike-children = { $inside } of its { $n } matched places lie in it
alike-near = { $km } km apart
alike-far = { $km } km apart, too far
alike-another-unit = "{ $name }" fits as well
alike-another-location = the location "{ $name }" fits it as well
alike-taken = is the location "{ $name }" already

# What became of the locations.
places-summary =
    { $n ->
        [one] { $n } location
       *[other] { $n } locations
    } of Go.Data ({ $godata }) and { $units ->
        [one] { $units } organisation unit
       *[other] { $units } organisation units
    } of DHIS2 ({ $dhis2 }), { $taking } of which take values
places-converted = The locations were made from DHIS2's organisation units: { $n } have the id of one.
places-kept = kept as the map has them
places-left = left to the location above, as the map says
places-chosen = chosen by a person since
places-accepted = accepted now
places-open = open
places-nowhere-line-list = { $n } of { $all } records with a residence (the line list) count nowhere as the map stands.
places-nowhere-godata = { $n } of { $all } records with a residence (Go.Data) count nowhere as the map stands.
places-and = and
places-shared = { $locations } are one organisation unit, { $unit }: their values are added up there
places-written = Written to { $map }.
places-not-written = Nothing was written; without --dry-run it goes into { $map }.
places-next = Open locations are marked `open` in { $map }: fill in org_unit there, or write `above` into how where a location has none of its own, and run `tally map places` again.
places-open-first = Open, those with most records first
places-accepted-first = Accepted, the least sure first
places-none-alike = none is like it
column-candidates = Candidates
column-in = In
column-location = Location
column-of-location-records = Records
column-unit-accepted = Organisation unit

# What a person is asked.
ask-later = Decide later
ask-above = None of its own: leave it to the location above
ask-stop = Stop asking and save
ask-prompt = { $place } ({ $open } open; type to search)
ask-prompt-records =
    { $place }, { $n ->
        [one] { $n } record
       *[other] { $n } records
    } ({ $open } open; type to search)
ask-in = { $name } (in { $above })
