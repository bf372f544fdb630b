//! The corpora, as they are and changed in thousands of ways that are the same each time.

mod change;
mod replay;
