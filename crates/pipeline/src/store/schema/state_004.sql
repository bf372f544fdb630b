-- What was last written, with numbers of names in place of the names, as the cells have them, and the instant in
-- nanoseconds since 1970: a row takes some 30 bytes instead of 120.
ALTER TABLE ledger RENAME TO ledger_by_name;
CREATE TABLE ledger (
    system_id INTEGER NOT NULL CHECK (system_id > 0), -- 0: it has no name
    data_element INTEGER NOT NULL,
    period INTEGER NOT NULL,
    org_unit INTEGER NOT NULL,
    coc INTEGER NOT NULL,
    aoc INTEGER NOT NULL,
    value TEXT, -- NULL: we removed it
    run INTEGER NOT NULL REFERENCES run (id),
    written_at INTEGER NOT NULL,
    PRIMARY KEY (system_id, data_element, period, org_unit, coc, aoc)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO cell_name (name)
SELECT system_id FROM ledger_by_name UNION SELECT data_element FROM ledger_by_name UNION SELECT period FROM ledger_by_name
UNION SELECT org_unit FROM ledger_by_name UNION SELECT coc FROM ledger_by_name UNION SELECT aoc FROM ledger_by_name;

INSERT INTO ledger (system_id, data_element, period, org_unit, coc, aoc, value, run, written_at)
SELECT (SELECT id FROM cell_name WHERE name = l.system_id), (SELECT id FROM cell_name WHERE name = l.data_element),
    (SELECT id FROM cell_name WHERE name = l.period), (SELECT id FROM cell_name WHERE name = l.org_unit),
    (SELECT id FROM cell_name WHERE name = l.coc), (SELECT id FROM cell_name WHERE name = l.aoc), l.value, l.run,
    unixepoch(substr(l.written_at, 1, 19)) * 1000000000 + CAST(substr(l.written_at, 21, 9) AS INTEGER)
FROM ledger_by_name AS l;

DROP TABLE ledger_by_name;
