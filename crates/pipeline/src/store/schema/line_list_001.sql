-- The line list of one outbreak. It can be rebuilt from Go.Data at any time.

CREATE TABLE meta (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    outbreak TEXT NOT NULL CHECK (outbreak <> ''),
    normalisation TEXT NOT NULL,
    time_zone TEXT NOT NULL
) STRICT;

-- `extraction` stands before `json`, so that looking for unseen rows does not walk through overflow pages.
CREATE TABLE records (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    kind TEXT NOT NULL,
    updated_at TEXT,
    extraction INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;

CREATE TABLE extraction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outbreak TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('full')),
    started_at TEXT NOT NULL,
    watermark TEXT NOT NULL,
    finished_at TEXT,
    discarded_at TEXT,
    n_rows INTEGER NOT NULL DEFAULT 0,
    CHECK (finished_at IS NULL OR discarded_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX extraction_open ON extraction (outbreak) WHERE finished_at IS NULL AND discarded_at IS NULL;

CREATE TABLE mark (
    extraction INTEGER NOT NULL REFERENCES extraction (id),
    resource TEXT NOT NULL,
    last_id TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    PRIMARY KEY (extraction, resource)
) STRICT, WITHOUT ROWID;
