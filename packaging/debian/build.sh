#!/usr/bin/env bash
# Builds the Debian package: the program, then its manual pages and completions by the program itself, then the package.
# With --no-build, of the release build that is there. Its path is the last line on stdout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cargo deb --version >/dev/null 2>&1 || {
    printf 'cargo deb is not installed\n  remedy: cargo install cargo-deb --locked\n' >&2
    exit 1
}
[[ "${1:-}" == --no-build ]] || cargo build --release --locked --package tally

program="${CARGO_TARGET_DIR:-target}/release/tally"
made=packaging/debian/made
rm -rf "$made"
mkdir -p "$made"
"$program" man "$made/man"
gzip --best --no-name "$made"/man/*.1
for shell in bash zsh fish; do
    "$program" completions "$shell" >"$made/tally.$shell"
done
exec cargo deb --no-build --locked --package tally
