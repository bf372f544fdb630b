-- The state file. Instants are UTC text with nine decimals, so that they sort; counts are integers; ids are DHIS2 UIDs or
-- Go.Data ids. Nothing here belongs to a person: record ids stand only as findings and in plans, and expire.

CREATE TABLE run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    report TEXT NOT NULL CHECK (report <> ''),
    trigger TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('planned', 'extracting', 'extracted', 'aggregated', 'diffed', 'pushing', 'pushed',
        'verifying', 'done', 'failed', 'cancelled')),
    push_done INTEGER,
    push_total INTEGER,
    outcome TEXT CHECK (outcome IN ('clean', 'partial', 'held')),
    started_at TEXT NOT NULL,
    finished_at TEXT,
    period_first TEXT NOT NULL,
    period_last TEXT NOT NULL,
    definitions_hash TEXT NOT NULL,
    tally_version TEXT NOT NULL,
    godata_version TEXT,
    godata_outbreak TEXT,
    dhis2_version TEXT,
    dhis2_system_id TEXT,
    dhis2_url TEXT,
    n_records INTEGER,
    error_code TEXT,
    error_message TEXT,
    CHECK ((state = 'pushing') = (push_done IS NOT NULL AND push_total IS NOT NULL)),
    CHECK ((state = 'done') = (outcome IS NOT NULL)),
    CHECK ((state = 'failed') = (error_code IS NOT NULL AND error_message IS NOT NULL)),
    CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
) STRICT;
CREATE INDEX run_of_report ON run (report, id);
CREATE INDEX run_unfinished ON run (id) WHERE finished_at IS NULL;

CREATE TABLE step (
    run INTEGER NOT NULL REFERENCES run (id),
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT NOT NULL,
    figures TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    run INTEGER NOT NULL REFERENCES run (id),
    indicator TEXT NOT NULL,
    reason TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (run, indicator, reason)
) STRICT, WITHOUT ROWID;

CREATE TABLE unmapped (
    run INTEGER NOT NULL REFERENCES run (id),
    location TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (run, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue (
    run INTEGER NOT NULL REFERENCES run (id),
    rule TEXT NOT NULL,
    seq INTEGER NOT NULL,
    field TEXT NOT NULL,
    record_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (run, rule, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE issue_total (
    run INTEGER NOT NULL REFERENCES run (id),
    rule TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    n_kept INTEGER NOT NULL CHECK (n_kept BETWEEN 0 AND n),
    PRIMARY KEY (run, rule)
) STRICT, WITHOUT ROWID;

-- The parts of a key take some 50 bytes and recur in every run; a number takes three.
CREATE TABLE cell_key (
    id INTEGER PRIMARY KEY,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    coc TEXT NOT NULL,
    aoc TEXT NOT NULL,
    indicator TEXT NOT NULL,
    UNIQUE (data_element, period, org_unit, coc, aoc, indicator)
) STRICT;

CREATE TABLE cell (
    run INTEGER NOT NULL REFERENCES run (id),
    key INTEGER NOT NULL REFERENCES cell_key (id),
    value TEXT NOT NULL,
    n_records INTEGER NOT NULL CHECK (n_records >= 0),
    PRIMARY KEY (run, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX cell_history ON cell (key, run);

CREATE TABLE plan (
    run INTEGER PRIMARY KEY REFERENCES run (id),
    hash TEXT NOT NULL,
    document TEXT -- NULL once its record ids have expired
) STRICT;

CREATE TABLE intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES run (id),
    data_set TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    period TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    data_values TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX intent_of_run ON intent (run);

CREATE TABLE receipt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    intent INTEGER NOT NULL REFERENCES intent (id),
    at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('written', 'rejected', 'unknown', 'resolved')),
    verdict TEXT NOT NULL
) STRICT;
CREATE INDEX receipt_of_intent ON receipt (intent);
CREATE UNIQUE INDEX receipt_settles ON receipt (intent) WHERE kind <> 'unknown';

CREATE TABLE ledger (
    system_id TEXT NOT NULL CHECK (system_id <> ''),
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    coc TEXT NOT NULL,
    aoc TEXT NOT NULL,
    value TEXT, -- NULL: we removed it
    run INTEGER NOT NULL REFERENCES run (id),
    written_at TEXT NOT NULL,
    PRIMARY KEY (system_id, data_element, period, org_unit, coc, aoc)
) STRICT, WITHOUT ROWID;

CREATE TABLE destination (
    url TEXT PRIMARY KEY,
    system_id TEXT NOT NULL CHECK (system_id <> ''),
    seen_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A released lease keeps its row, so that its token never goes back.
CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    token INTEGER NOT NULL CHECK (token > 0),
    holder TEXT,
    expires_at TEXT,
    CHECK ((holder IS NULL) = (expires_at IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are final'); END;
CREATE TRIGGER audit_is_not_erased BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are final'); END;
