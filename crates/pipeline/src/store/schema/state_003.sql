-- Computed values are stored where they change, and not by every run: a row says what a value was from that run on, until
-- the next row of the same cell. No row before a run: it had no value yet.
CREATE TABLE cell_name (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- All but `run` are numbers of names: a row takes some 25 bytes.
CREATE TABLE cell_version (
    report INTEGER NOT NULL,
    period INTEGER NOT NULL,
    indicator INTEGER NOT NULL,
    data_element INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    coc INTEGER NOT NULL,
    aoc INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES run (id),
    value TEXT, -- NULL: it went away
    n_records INTEGER NOT NULL CHECK (n_records >= 0),
    PRIMARY KEY (report, period, indicator, data_element, org_unit, coc, aoc, run)
) STRICT, WITHOUT ROWID;

-- Hash over the last computed values of a period: when a run computes the same, there is nothing to look at.
CREATE TABLE cell_digest (
    report INTEGER NOT NULL,
    period INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (report, period)
) STRICT, WITHOUT ROWID;

-- Number of values that a run computed; NULL: it computed none, or stopped before.
ALTER TABLE run ADD COLUMN n_cells INTEGER CHECK (n_cells >= 0);
-- Whether values that only this run and those before it had are forgotten.
ALTER TABLE run ADD COLUMN cells_expired INTEGER NOT NULL DEFAULT 0 CHECK (cells_expired IN (0, 1));
CREATE INDEX run_computed ON run (report, id) WHERE n_cells IS NOT NULL;

UPDATE run SET n_cells = (SELECT count(*) FROM cell WHERE cell.run = run.id)
WHERE EXISTS (SELECT 1 FROM cell WHERE cell.run = run.id) OR (state = 'done' AND n_records IS NOT NULL);

INSERT OR IGNORE INTO cell_name (name)
SELECT report FROM run UNION SELECT period FROM cell_key UNION SELECT indicator FROM cell_key
UNION SELECT data_element FROM cell_key UNION SELECT org_unit FROM cell_key UNION SELECT coc FROM cell_key
UNION SELECT aoc FROM cell_key;

-- Periods in their order in time: by year, then as they are written, the shorter first (2020W5 before 2020W10). What is
-- left of one without its year and its numbers tells its type.
CREATE TABLE shaped (period TEXT PRIMARY KEY, type TEXT NOT NULL, place TEXT NOT NULL) STRICT;
INSERT INTO shaped
SELECT p, trim(substr(p, 5), '0123456789') || CASE WHEN trim(substr(p, 5), '0123456789') = '' THEN length(p) ELSE '' END,
    printf('%s%04d%s', substr(p, 1, 4), length(p), p)
FROM (SELECT period AS p FROM cell_key UNION SELECT period_first FROM run UNION SELECT period_last FROM run);

INSERT INTO cell_version (report, period, indicator, data_element, org_unit, coc, aoc, run, value, n_records)
SELECT (SELECT id FROM cell_name WHERE name = v.report), (SELECT id FROM cell_name WHERE name = k.period),
    (SELECT id FROM cell_name WHERE name = k.indicator), (SELECT id FROM cell_name WHERE name = k.data_element),
    (SELECT id FROM cell_name WHERE name = k.org_unit), (SELECT id FROM cell_name WHERE name = k.coc),
    (SELECT id FROM cell_name WHERE name = k.aoc), v.run, v.value, coalesce(v.n_records, 0)
FROM (
    SELECT s.report, s.key, r.id AS run, c.value, c.n_records,
        lag(c.value) OVER earlier AS value_before, lag(c.n_records) OVER earlier AS n_records_before
    FROM (SELECT DISTINCT run.report, cell.key FROM cell JOIN run ON run.id = cell.run) AS s
    JOIN cell_key AS k ON k.id = s.key
    JOIN shaped AS p ON p.period = k.period
    JOIN run AS r ON r.report = s.report AND r.n_cells IS NOT NULL
    JOIN shaped AS f ON f.period = r.period_first AND f.type = p.type AND f.place <= p.place
    JOIN shaped AS l ON l.period = r.period_last AND p.place <= l.place
    LEFT JOIN cell AS c ON c.run = r.id AND c.key = s.key
    WINDOW earlier AS (PARTITION BY s.report, s.key ORDER BY r.id)
) AS v JOIN cell_key AS k ON k.id = v.key
WHERE v.value IS NOT v.value_before OR v.n_records IS NOT v.n_records_before;

DROP TABLE shaped;
DROP TABLE cell;
DROP TABLE cell_key;
