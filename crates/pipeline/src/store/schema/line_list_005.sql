-- What a report counted by the end of an extraction, so that the next one counts only what changed. It names records, and
-- lives and goes with them.

CREATE TABLE base (
    report TEXT PRIMARY KEY CHECK (report <> ''),
    made_by TEXT NOT NULL,       -- hash of everything that decides what is counted
    extraction INTEGER NOT NULL, -- at whose end it held
    unreadable TEXT NOT NULL,    -- JSON: records of which something could not be read on the wire, and what
    tally BLOB NOT NULL
) STRICT;

CREATE INDEX records_unreadable ON records (of, id, unreadable) WHERE unreadable IS NOT NULL;
