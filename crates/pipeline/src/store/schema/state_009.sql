-- Values of somebody else that a person accepted: what DHIS2 said there and what Tally computed, when it was accepted. As long
-- as both are the same, Tally leaves the value alone. NULL: no value.
CREATE TABLE acceptance (
    system_id TEXT NOT NULL,
    data_element TEXT NOT NULL,
    period TEXT NOT NULL,
    org_unit TEXT NOT NULL,
    coc TEXT NOT NULL,
    aoc TEXT NOT NULL,
    report TEXT NOT NULL,
    actual TEXT,
    desired TEXT,
    accepted_at TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    PRIMARY KEY (system_id, data_element, period, org_unit, coc, aoc)
) STRICT, WITHOUT ROWID;

CREATE INDEX acceptance_of_report ON acceptance (report, accepted_at);
