# The state folder.
due-covered = covered by a later run
due-missed = missed: nobody was there
due-ran = ran
due-skipped = skipped: a run was under way
due-watched = counts from here
state-daemon-alive = which is running
state-daemon-gone = which is gone; `tally state unlock` frees it, and the next daemon takes it
state-daemon-unknown = which cannot be seen from here
state-daemon-unlocked = Took the lease of the daemon away from { $holder }.
state-ran-out = ran out { $at }
state-until = until { $at }
