-- Records of all tables: persons, and the follow-ups, laboratory results, relationships and events around them. An id is
-- unique in its table only. What the tables held has no such neighbours, so the list begins empty and the next run reads
-- everything.

DROP TABLE former;
DROP TABLE records;
DELETE FROM mark;
DELETE FROM extraction;

-- The short columns stand before `json`, so that looking for unseen rows does not walk through overflow pages.
CREATE TABLE records (
    of TEXT NOT NULL CHECK (of IN ('person', 'follow_up', 'lab_result', 'relationship', 'event')),
    id TEXT NOT NULL CHECK (id <> ''),
    kind TEXT NOT NULL,
    updated_at TEXT,
    extraction INTEGER NOT NULL, -- that last saw it
    since INTEGER NOT NULL,      -- that first saw it as it is
    unreadable TEXT,             -- JSON list of fields that could not be read on the wire; NULL is none
    person TEXT,                 -- id of the person whom it is about: followed, tested, exposed
    source TEXT,                 -- id of the person who exposed the other
    json TEXT NOT NULL,
    PRIMARY KEY (of, id),
    CHECK (since <= extraction)
) STRICT;
CREATE INDEX records_since ON records (since);
CREATE INDEX records_person ON records (person) WHERE person IS NOT NULL;
CREATE INDEX records_source ON records (source) WHERE source IS NOT NULL;

-- A record as it was from the end of extraction `since` until `until` replaced or removed it.
CREATE TABLE former (
    of TEXT NOT NULL,
    id TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (of, id, until),
    CHECK (since < until)
) STRICT;
CREATE INDEX former_until ON former (until);
