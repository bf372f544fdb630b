//! `tally map options`.

use super::show;
use crate::cli::{Cli, ConfigArgs};
use crate::language::say;
use crate::render::query::printable;
use crate::render::table::{Column, table};
use crate::terminal;
use pipeline::map_options::{MappedCategory, OptionMap};
use pipeline::{Error, ErrorKind, config};

/// Shows which group counts in which category option, and proposes what is missing.
pub(crate) async fn map_options(args: &ConfigArgs, cli: &Cli) -> Result<u8, Error> {
    let config = config::load_without_map(&args.config).map_err(Error::config)?;
    let reports = match &args.report {
        Some(name) => vec![config.report(Some(name))?],
        None => config.reports.iter().collect(),
    };
    let map = pipeline::map_options::map_options(&config, &reports).await?;
    show(cli, &map, || text(&map))?;
    Ok(if map.is_complete() { 0 } else { ErrorKind::Held.exit_code() })
}

fn text(map: &OptionMap) -> String {
    if map.categories.is_empty() {
        return say!("options-none") + "\n";
    }
    let mut text: String = map.categories.iter().map(category).collect();
    text += &if map.is_complete() { say!("options-complete") } else { say!("options-open") };
    text + "\n"
}

fn category(category: &MappedCategory) -> String {
    let name = printable(&category.name);
    let mut text = match &category.dimension {
        Some(code) => say!("options-category", name = name.as_ref(), code = code.as_str()),
        None => say!("options-category-alone", name = name.as_ref()),
    };
    text.push('\n');
    let columns = [say!("options-column-option"), say!("options-column-name"), say!("options-column-group")];
    let rows = category.options.iter().map(|option| {
        let group = option.group.clone().unwrap_or_else(|| "-".to_owned());
        vec![
            printable(&option.option).into_owned(),
            printable(&option.name).into_owned(),
            printable(&group).into_owned(),
        ]
    });
    let [option, name, group] = &columns;
    text += &table(&[Column::Text(option), Column::Text(name), Column::Text(group)], rows, terminal::width());
    if let Some(open) = &category.open {
        text += &format!("{}\n", say!("options-category-open", reason = printable(open).as_ref()));
    }
    if let Some(proposal) = &category.proposal {
        text += &format!("{}\n\n{proposal}", say!("options-proposal"));
    }
    text.push('\n');
    text
}
