//! `tally query`.

use super::{show, written};
use crate::cli::{Cli, Output, QueryArgs};
use crate::language::say;
use crate::{render, terminal};
use pipeline::store::{QUERY_HEAP_MAX, QueryLimits, views};
use pipeline::{Error, config};
use std::io::{BufWriter, Write};
use std::time::Duration;

/// Answers a SELECT, or lists what can be asked.
pub(crate) fn query(args: &QueryArgs, cli: &Cli) -> Result<u8, Error> {
    let Some(sql) = &args.sql else {
        let views = views();
        show(cli, &views, || render::query::views(&views, terminal::width()))?;
        return Ok(0);
    };
    let config = config::load(&args.state.config).map_err(Error::config)?;
    let cost = QueryLimits {
        timeout: Duration::from_secs(args.timeout.into()),
        rows_max: args.max_rows as usize,
        // This process does nothing else.
        heap_max: Some(QUERY_HEAP_MAX),
        ..QueryLimits::default()
    };
    let answer = pipeline::query::query(&config, sql, &cost)?;
    if cli.output == Output::Csv {
        let mut stdout = BufWriter::new(std::io::stdout().lock());
        written(render::query::csv(&answer, &mut stdout).and_then(|()| stdout.flush()))?;
    } else {
        show(cli, &answer, || render::query::answer(&answer, terminal::width()))?;
    }
    // Not even --quiet hides that something is missing.
    for warning in render::query::warnings(&answer, &pipeline::query::not_kept(&config, &answer)) {
        eprintln!("{}", say!("warning", text = warning));
    }
    Ok(0)
}
