-- What people were told: one row for each problem of a report that is not over. A cause is a word of Tally's own.
CREATE TABLE alert (
    report TEXT NOT NULL,
    event TEXT NOT NULL,
    cause TEXT NOT NULL,
    began_at TEXT NOT NULL,
    told_at TEXT, -- NULL: no destination took it yet
    n_seen INTEGER NOT NULL,
    PRIMARY KEY (report, event, cause)
) STRICT, WITHOUT ROWID;
