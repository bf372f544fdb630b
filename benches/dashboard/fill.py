"""Makes a state large: the last of its runs a thousand times, and a million values in the ledger and among what was computed.

The rows are copies of those that real runs made: of weeks long past, and of organisation units besides, so that no run of now
finds anything to do about them. Only the standard library is needed.
"""

import datetime
import pathlib
import sqlite3

# The first of the weeks that are made up, a Monday, long before any that a run covers.
FIRST_WEEK = datetime.date(2000, 1, 3)
INSTANT = "%Y-%m-%dT%H:%M:%S.000000000Z"


def fill(path: pathlib.Path, n_runs: int, n_values: int, now: datetime.datetime) -> dict[str, int]:
    """Fills the state; nobody may use it meanwhile. Returns how many rows there are."""
    state = sqlite3.connect(path)
    state.execute("PRAGMA foreign_keys = ON")
    with state:
        copy_runs(state, n_runs, now)
        copy_values(state, n_values)
    count = lambda table: state.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    counts = {table: count(table) for table in ["run", "step", "ledger", "cell_version"]}
    counts["bytes"] = path.stat().st_size
    state.execute("ANALYZE")
    state.close()
    return counts


def copy_runs(state: sqlite3.Connection, n_runs: int, now: datetime.datetime) -> None:
    """Copies of the last run, an hour apart, the newest an hour ago."""
    columns = [row[1] for row in state.execute("PRAGMA table_info(run)") if row[1] != "id"]
    [last] = state.execute("SELECT max(id) FROM run").fetchone()
    for number in range(last + 1, n_runs + 1):
        fields = ", ".join(columns)
        state.execute(f"INSERT INTO run (id, {fields}) SELECT ?, {fields} FROM run WHERE id = ?", (number, last))
        for table in ["step", "account", "unmapped", "issue_total", "plan"]:
            others = [row[1] for row in state.execute(f"PRAGMA table_info({table})") if row[1] != "run"]
            fields = ", ".join(others)
            copied = f"INSERT INTO {table} (run, {fields}) SELECT ?, {fields} FROM {table} WHERE run = ?"
            state.execute(copied, (number, last))
    for number in range(1, n_runs + 1):
        at = now - datetime.timedelta(hours=n_runs + 1 - number)
        times = (at.strftime(INSTANT), (at + datetime.timedelta(seconds=20)).strftime(INSTANT))
        state.execute("UPDATE run SET started_at = ?, finished_at = ? WHERE id = ?", (*times, number))


def copy_values(state: sqlite3.Connection, n_values: int) -> None:
    """Copies of the ledger and of what was computed, until there are as many as wanted."""
    [n_now] = state.execute("SELECT count(*) FROM ledger").fetchone()
    periods = [row[0] for row in state.execute("SELECT DISTINCT period FROM ledger ORDER BY period")]
    units = [row for row in state.execute(
        "SELECT id, name FROM cell_name WHERE id IN (SELECT org_unit FROM ledger) ORDER BY id")]
    n_copies = -(-(n_values - n_now) // n_now)
    # As many blocks of weeks as sets of organisation units.
    side = max(1, -(-int(n_copies**0.5 * 1000) // 1000))
    state.execute("CREATE TEMP TABLE of_period (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    state.execute("CREATE TEMP TABLE of_unit (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    done = 0
    for block in range(side + 1):
        weeks = [week(block * len(periods) + at) for at in range(len(periods))]
        replace(state, "of_period", zip(periods, weeks))
        for copy in range(side):
            if done == n_copies:
                return
            done += 1
            replace(state, "of_unit", ((unit, f"{uid[:8]}{copy:03d}") for unit, uid in units))
            for table in ["ledger", "cell_version"]:
                columns = [row[1] for row in state.execute(f"PRAGMA table_info({table})")]
                new = {"period": "of_period.new", "org_unit": "of_unit.new"}
                fields = ", ".join(new.get(column, f"{table}.{column}") for column in columns)
                state.execute(
                    f"INSERT INTO {table} SELECT {fields} FROM {table} JOIN of_period ON of_period.old = {table}.period "
                    f"JOIN of_unit ON of_unit.old = {table}.org_unit"
                )


def replace(state: sqlite3.Connection, table: str, names) -> None:
    """The new name of each old one, as ids."""
    state.execute(f"DELETE FROM {table}")
    for old, name in names:
        state.execute("INSERT OR IGNORE INTO cell_name (name) VALUES (?)", (name,))
        state.execute(f"INSERT INTO {table} SELECT ?, id FROM cell_name WHERE name = ?", (old, name))


def week(number: int) -> str:
    """The id of a week as DHIS2 writes it."""
    year, week_of_year, _ = (FIRST_WEEK + datetime.timedelta(weeks=number)).isocalendar()
    return f"{year}W{week_of_year}"
