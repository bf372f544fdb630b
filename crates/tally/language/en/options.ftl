# What `tally map options` says.
options-none = No data element of these data sets is disaggregated.
options-category = { $name }: dimension `{ $code }`
options-category-alone = { $name }: no dimension has these options
options-column-option = option
options-column-name = name in DHIS2
options-column-group = counts
options-category-open = Open: { $reason }
options-proposal = To put into the configuration:
options-complete = Every option of every category has a group.
options-open = Options without a group get no value from Tally. Put into the configuration what is proposed, or what the report needs.
