-- Records stand in the order of their ids and nowhere else, so that a page that comes in their order is appended, and what a
-- full extraction no longer sees is found by laying its pages beside the list, not by a stamp on every row. The rows are
-- laid out anew, so the list begins empty and the next run reads everything.

DROP TABLE former;
DROP TABLE records;
DELETE FROM mark;
DELETE FROM extraction;

-- The short columns stand before `json`, so that looking for one does not walk through overflow pages. A record whose row
-- came before any extraction of the file was finished is `since` 0: nobody can ask about an earlier moment.
CREATE TABLE records (
    of INTEGER NOT NULL,         -- 0 person, 1 follow-up, 2 laboratory result, 3 relationship, 4 event
    id TEXT NOT NULL CHECK (id <> ''),
    kind TEXT NOT NULL,
    since INTEGER NOT NULL,      -- extraction that first saw it as it is
    unreadable TEXT,             -- JSON list of fields that could not be read on the wire; NULL is none
    person TEXT,                 -- id of the person whom it is about: followed, tested, exposed
    source TEXT,                 -- id of the person who exposed the other
    json TEXT NOT NULL,          -- without its id
    PRIMARY KEY (of, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX records_since ON records (since) WHERE since > 0;
CREATE INDEX records_person ON records (person) WHERE person IS NOT NULL;
CREATE INDEX records_source ON records (source) WHERE source IS NOT NULL;

-- How many records there are of each kind, kept beside every change of them.
CREATE TABLE n_records (
    kind TEXT PRIMARY KEY,
    n INTEGER NOT NULL CHECK (n >= 0)
) STRICT, WITHOUT ROWID;

-- A record as it was from the end of extraction `since` until `until` replaced or removed it.
CREATE TABLE former (
    of INTEGER NOT NULL,
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (of, id, until),
    CHECK (since < until)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_until ON former (until);
