//! The functions that a query may call: those that compute from their arguments and have no other effect.

/// Names in lower case, sorted.
const ALLOWED: &[&str] = &[
    "->",
    "->>",
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_object",
    "json_quote",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "pow",
    "power",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "timediff",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unicode",
    "unistr",
    "unixepoch",
    "unlikely",
    "upper",
];

/// Whether a query may call it.
pub(super) fn is_allowed(name: &str) -> bool {
    ALLOWED.binary_search(&name.to_lowercase().as_str()).is_ok()
}

/// The function that was probably meant.
pub(super) fn near(name: &str) -> Option<&'static str> {
    epi::nearest(name, ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_nothing_with_an_effect() {
        assert!(ALLOWED.is_sorted());
        for name in ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "randomblob", "zeroblob"] {
            assert!(!is_allowed(name), "{name}");
        }
        assert!(is_allowed("COUNT"));
    }
}
