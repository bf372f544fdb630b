-- What people asked the daemon to do, and what came of it.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL, -- JSON: what to do
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'running', 'done', 'failed', 'refused', 'lost')),
    began_at TEXT CHECK ((began_at IS NULL) <= (state IN ('asked', 'refused'))),
    ended_at TEXT CHECK ((ended_at IS NULL) = (state IN ('asked', 'running'))),
    run INTEGER REFERENCES run (id),
    plan INTEGER REFERENCES kept_plan (id),
    verdict TEXT,
    code TEXT, -- of the error
    message TEXT
) STRICT;

-- The same is not asked twice before it is begun.
CREATE UNIQUE INDEX job_asked ON job (job) WHERE state = 'asked';
CREATE INDEX job_open ON job (state) WHERE state IN ('asked', 'running');

-- Plans that wait for a decision. The document goes when it is decided: causes name records.
CREATE TABLE kept_plan (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    report TEXT NOT NULL,
    period_first TEXT NOT NULL,
    period_last TEXT NOT NULL,
    hash TEXT NOT NULL,
    made_at TEXT NOT NULL,
    made_by TEXT NOT NULL,
    until TEXT NOT NULL,
    actions TEXT NOT NULL, -- JSON: how many values, by what happens to them
    state TEXT NOT NULL CHECK (state IN ('open', 'applied', 'discarded', 'expired')),
    decided_at TEXT CHECK ((decided_at IS NULL) = (state = 'open')),
    decided_by TEXT CHECK ((decided_by IS NULL) = (state = 'open')),
    run INTEGER REFERENCES run (id), -- that applied it
    document TEXT CHECK (document IS NULL OR state = 'open')
) STRICT;

CREATE INDEX kept_plan_open ON kept_plan (state) WHERE state = 'open';

-- Who has seen a problem, and sees to it.
ALTER TABLE alert ADD COLUMN acknowledged_at TEXT;
ALTER TABLE alert ADD COLUMN acknowledged_by TEXT;
