//! `tally catalogue`.

use super::show;
use crate::cli::Cli;
use crate::render::number::counted;
use crate::render::table::{Column, table};
use crate::terminal;
use pipeline::catalogue::{self, Block, Set};
use pipeline::{Error, ErrorKind};

/// Lists the sets, the blocks of a set, or shows one block.
pub(crate) fn catalogue(name: Option<&str>, cli: &Cli) -> Result<u8, Error> {
    match name {
        None => show(cli, &catalogue::sets(), sets)?,
        Some(name) => match (catalogue::find(name), catalogue::sets().iter().find(|set| set.name == name)) {
            (Some((set, block)), _) => show(cli, block, || one(set, block))?,
            (None, Some(set)) => show(cli, set, || blocks(set))?,
            (None, None) => {
                let names = catalogue::names();
                let sets: Vec<&str> = catalogue::sets().iter().map(|set| set.name.as_str()).collect();
                let known: Vec<&str> = names.iter().map(String::as_str).chain(sets.iter().copied()).collect();
                let advice = match epi::nearest(name, &known) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => format!("Sets: {}.", sets.join(", ")),
                };
                return Err(Error::new(ErrorKind::Config, format!("the catalogue has no `{name}`")).advice(advice));
            }
        },
    }
    Ok(0)
}

fn sets() -> String {
    let rows =
        catalogue::sets().iter().map(|set| vec![set.name.clone(), set.title.clone(), set.blocks.len().to_string()]);
    let columns = [Column::Text("set"), Column::Text("of"), Column::Number("indicators")];
    let table = table(&columns, rows, terminal::width());
    format!("{table}\nA report takes one with `use = \"SET.CODE\"`. `tally catalogue SET` lists a set.\n")
}

fn blocks(set: &Set) -> String {
    let rows = set.blocks.iter().map(|block| {
        let of = block.of.as_deref().unwrap_or("case").to_owned();
        vec![format!("{}.{}", set.name, block.code), of, block.title.clone()]
    });
    let columns = [Column::Text("use"), Column::Text("counts"), Column::Text("title")];
    let table = table(&columns, rows, terminal::width());
    let sources: String = set.source.iter().map(|source| format!("  {source}\n")).collect();
    let n = counted(set.blocks.len() as u64, "indicator");
    let how = format!("`tally catalogue {}.CODE` shows one whole.", set.name);
    format!("{}: {n}. {how}\n\n{table}\nAfter\n{sources}", set.title)
}

fn one(set: &Set, block: &Block) -> String {
    let mut text = format!("{}\n\n{}\n", block.title, block.meaning);
    if let Some(caution) = &block.caution {
        text += &format!("{caution}\n");
    }
    text += "\nIn a report:\n\n";
    text += &format!("    [[report.indicator]]\n    use = \"{}.{}\"\n", set.name, block.code);
    let parameters: Vec<_> = block.parameters(set).collect();
    if !parameters.is_empty() {
        let given: Vec<String> =
            parameters.iter().map(|parameter| format!("{} = \"{}\"", parameter.name, parameter.default)).collect();
        text += &format!("    with = {{ {} }}\n", given.join(", "));
    }
    text += "    data_element = \"...\"\n\nIt stands for:\n\n";
    text += &written(block).lines().map(|line| format!("    {line}\n")).collect::<String>();
    for parameter in parameters {
        text +=
            &format!("\n{{{}}}: {} `{}` when nothing is said.\n", parameter.name, parameter.meaning, parameter.default);
    }
    text + "\nAfter\n" + &set.source.iter().map(|source| format!("  {source}\n")).collect::<String>()
}

/// The block as a person would have written it.
fn written(block: &Block) -> String {
    let mut lines = vec![format!("code = \"{}\"", block.code), format!("title = \"{}\"", block.title)];
    lines.extend(block.of.as_ref().map(|of| format!("of = \"{of}\"")));
    lines.extend(block.condition.as_ref().map(|condition| match condition.contains('\n') {
        true => format!("where = \"\"\"\n{}\"\"\"", condition.trim_start_matches('\n')),
        false => format!("where = \"{condition}\""),
    }));
    lines.push(match block.when.items() {
        [only] => format!("when = \"{only}\""),
        several => format!("when = [{}]", several.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")),
    });
    lines.extend(block.window.as_ref().map(|window| format!("window = \"{window}\"")));
    lines.extend(block.measure.as_ref().map(|measure| format!("measure = \"{measure}\"")));
    lines.extend(block.decimals.map(|decimals| format!("decimals = {decimals}")));
    lines.join("\n")
}
