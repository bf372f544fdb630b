-- Who may look at the dashboard and use the API. No password and no token stands here: of a password its hash by argon2id with
-- its salt and its costs, of a token, which nobody could guess, its SHA-256.
CREATE TABLE user (
    name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    password_hash TEXT NOT NULL, -- a PHC string
    created_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is signed in. The role is that of the user, read with each request.
CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES user (name) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of_user ON session (user, created_at);

-- What programs show instead of signing in.
CREATE TABLE token (
    name TEXT NOT NULL COLLATE NOCASE PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    scopes TEXT NOT NULL, -- words, separated by spaces
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    expires_at TEXT, -- NULL: never
    last_used_at TEXT -- NULL: never used
) STRICT, WITHOUT ROWID;
