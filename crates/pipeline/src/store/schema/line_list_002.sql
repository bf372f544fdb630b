-- Records remember since when they are what they are, and what they were before. What the tables held cannot say that, nor
-- what was odd on the wire, so the list begins empty and the next run reads everything.

DROP TABLE mark;
DROP TABLE extraction;
DROP TABLE records;

-- Whatever is earlier than this extraction can no longer be explained.
ALTER TABLE meta ADD COLUMN explains_from INTEGER NOT NULL DEFAULT 0;

-- The numbers stand before `json`, so that looking for unseen rows does not walk through overflow pages.
CREATE TABLE records (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    kind TEXT NOT NULL,
    updated_at TEXT,
    extraction INTEGER NOT NULL, -- that last saw it
    since INTEGER NOT NULL,      -- that first saw it as it is
    unreadable TEXT,             -- JSON list of fields that could not be read on the wire; NULL is none
    json TEXT NOT NULL,
    CHECK (since <= extraction)
) STRICT;
CREATE INDEX records_since ON records (since);

-- A record as it was from the end of extraction `since` until `until` replaced or removed it.
CREATE TABLE former (
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (id, until),
    CHECK (since < until)
) STRICT;
CREATE INDEX former_until ON former (until);

CREATE TABLE extraction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    outbreak TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('full', 'changes')),
    started_at TEXT NOT NULL,
    watermark TEXT, -- NULL: the server did not tell its time
    finished_at TEXT,
    discarded_at TEXT,
    reconciled INTEGER NOT NULL DEFAULT 0 CHECK (reconciled IN (0, 1)),
    n_rows INTEGER NOT NULL DEFAULT 0,
    CHECK (finished_at IS NULL OR discarded_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX extraction_open ON extraction (outbreak) WHERE finished_at IS NULL AND discarded_at IS NULL;

-- Each file counts from a beginning of its own, so that a list that is made anew never claims to know an extraction of the
-- one before it. A million extractions fit between two beginnings, and all numbers are exact in JSON (below 2^53).
INSERT INTO sqlite_sequence (name, seq) VALUES ('extraction', (1 + abs(random() % 8000000000)) * 1000000);

CREATE TABLE mark (
    extraction INTEGER NOT NULL REFERENCES extraction (id),
    resource TEXT NOT NULL,
    last_id TEXT NOT NULL,
    n_rows INTEGER NOT NULL,
    PRIMARY KEY (extraction, resource)
) STRICT, WITHOUT ROWID;
