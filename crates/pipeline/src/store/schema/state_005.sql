-- What came of the due times of the reports that run by a schedule. A row is a stretch of due times with one fate; the row
-- 'watched' is where the daemon first saw this schedule, and nothing before it counts.
CREATE TABLE due (
    id INTEGER PRIMARY KEY,
    report TEXT NOT NULL,
    schedule TEXT NOT NULL, -- as text, with its time zone
    came TEXT NOT NULL CHECK (came IN ('watched', 'ran', 'covered', 'skipped', 'missed')),
    first_due_at TEXT NOT NULL,
    last_due_at TEXT NOT NULL CHECK (last_due_at >= first_due_at),
    n INTEGER NOT NULL CHECK (n >= 0 AND (n > 0) = (came <> 'watched')),
    run INTEGER REFERENCES run (id),
    recorded_at TEXT NOT NULL
) STRICT;

CREATE INDEX due_of_report ON due (report, id);
