# The words before errors, warnings and next steps.
error = error: { $text }
warning = warning: { $text }
hint = hint: { $text }

# Between notes that stand beside each other.
semicolon = {"; "}

# A name and what there is of it.
colon = { $before }: { $after }
