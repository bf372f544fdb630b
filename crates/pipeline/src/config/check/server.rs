//! The two servers: addresses and ways to sign in.

use super::{Checker, located};
use crate::config::model::{Credentials, Destination, Located, NamedBy, SmallCells, Source};
use crate::config::near::near;
use crate::config::problem::NOWHERE;
use crate::config::raw::{self, At};
use crate::config::secret::SecretPlace;
use dhis2::{IdScheme, Uid};
use epi::record::RecordKind;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Records asked for at a time: large enough that the round trips do not count, small enough for a slow line.
const DEFAULT_PAGE_RECORDS: u32 = 5000;
/// Seconds to wait for an answer when nothing is said: a slow server with a large page needs them.
const DEFAULT_TIMEOUT_SECS: u32 = 120;

impl Checker<'_> {
    pub(super) fn godata(&mut self, at: &At<raw::Godata>, folder: &Path) -> Option<Source> {
        let (raw, table) = (at.get(), at.span());
        if let Some(files) = &raw.files {
            if let Some(url) = &raw.url {
                self.at(url.span(), "`[godata]` has both a server and files").advice("Keep `url` or `files`.");
            }
            let outbreak = self.outbreaks(raw.outbreak.as_ref());
            if outbreak.len() > 1 {
                self.at(files.span(), "`files` hold the records of one outbreak")
                    .advice("Name the one in `outbreak`; several outbreaks are read from a server.");
            }
            return Some(self.files(files, outbreak.into_iter().next(), folder));
        }
        let url = self.required(&raw.url, "url", &table, "Name the Go.Data server, or `files` that it wrote.");
        if raw.outbreak.is_none() {
            self.missing("outbreak", "[godata]", &table, "Give the outbreak's id or its exact name.");
        }
        let outbreaks = self.outbreaks(raw.outbreak.as_ref());
        let email = self.required(&raw.email, "email", &table, "Give the e-mail address of Tally's own account.");
        let password = self.secret("the Go.Data password", &raw.password_env, &raw.password_file, folder);
        if raw.password_env.is_none() && raw.password_file.is_none() {
            self.missing("password_env", "[godata]", &table, PASSWORD_ADVICE);
        }
        let url = url.and_then(|url| self.url(&url))?;
        Some(Source::Server {
            url,
            outbreaks,
            email: email?,
            password: password?,
            page_records: raw.page_records.as_ref().map_or(DEFAULT_PAGE_RECORDS, |at| *at.get()),
            timeout: timeout(raw.timeout_secs.as_ref()),
            allow_http: raw.allow_http,
        })
    }

    fn files(&mut self, at: &At<raw::Files>, outbreak: Option<Located<String>>, folder: &Path) -> Source {
        let files = at.get();
        let kinds = [
            (RecordKind::Case, &files.cases),
            (RecordKind::Contact, &files.contacts),
            (RecordKind::ContactOfContact, &files.contacts_of_contacts),
            (RecordKind::FollowUp, &files.follow_ups),
            (RecordKind::LabResult, &files.lab_results),
            (RecordKind::Relationship, &files.relationships),
            (RecordKind::Event, &files.events),
        ];
        let records: Vec<_> =
            kinds.into_iter().filter_map(|(kind, path)| Some((kind, folder.join(path.as_ref()?)))).collect();
        if records.is_empty() {
            self.at(at.span(), "`files` names no file of records")
                .advice("Name at least one, such as `cases`, `contacts` or `lab_results`.");
        }
        let join = |path: &Option<String>| path.as_ref().map(|path| folder.join(path));
        Source::Files {
            records,
            locations: join(&files.locations),
            reference_data: join(&files.reference_data),
            outbreak,
            span: at.span(),
        }
    }

    pub(super) fn dhis2(&mut self, at: &At<raw::Dhis2>, folder: &Path) -> Option<Destination> {
        let (raw, table) = (at.get(), at.span());
        let url = self.url(&located(&raw.url));
        let token = self.secret("the DHIS2 token", &raw.token_env, &raw.token_file, folder);
        let password = self.secret("the DHIS2 password", &raw.password_env, &raw.password_file, folder);
        let has_token = raw.token_env.as_ref().or(raw.token_file.as_ref());
        let has_password = raw.password_env.as_ref().or(raw.password_file.as_ref());
        let credentials = match (has_token, &raw.username, has_password) {
            (Some(_), None, None) => token.map(Credentials::Token),
            (None, Some(username), Some(_)) => {
                password.map(|password| Credentials::Basic { username: username.get().clone(), password })
            }
            (Some(token), _, _) => {
                self.at(token.span(), "`[dhis2]` has two ways to sign in, a token and a user name or password")
                    .advice("Keep the token, or `username` with its password.");
                None
            }
            (None, Some(_), None) => {
                self.missing("password_env", "[dhis2]", &table, PASSWORD_ADVICE);
                None
            }
            (None, None, Some(_)) => {
                self.missing("username", "[dhis2]", &table, "Give the user name to which the password belongs.");
                None
            }
            (None, None, None) => {
                let advice = "Give `token_env` for a personal access token, or `username` and `password_env`.";
                self.missing("token_env", "[dhis2]", &table, advice);
                None
            }
        };
        let id_schemes = self.id_schemes(raw);
        Some(Destination {
            url: url?,
            credentials: credentials?,
            id_schemes,
            batch_values: raw.batch_values.as_ref().map(|at| *at.get() as usize),
            timeout: timeout(raw.timeout_secs.as_ref()),
            allow_http: raw.allow_http,
            small_cells: raw.small_cells.as_ref().map(|small| SmallCells {
                threshold: u64::from(*small.threshold.get()),
                suppress_zeros: small.suppress_zeros,
            }),
        })
    }

    fn id_schemes(&mut self, raw: &raw::Dhis2) -> NamedBy {
        let all = self.id_scheme("id_scheme", raw.id_scheme.as_ref()).unwrap_or_default();
        NamedBy {
            data_set: self.id_scheme("data_set_id_scheme", raw.data_set_id_scheme.as_ref()).unwrap_or(all),
            data_element: self.id_scheme("data_element_id_scheme", raw.data_element_id_scheme.as_ref()).unwrap_or(all),
            category_option: self
                .id_scheme("category_option_id_scheme", raw.category_option_id_scheme.as_ref())
                .unwrap_or(all),
            org_unit: self.id_scheme("org_unit_id_scheme", raw.org_unit_id_scheme.as_ref()).unwrap_or(all),
        }
    }

    /// The scheme that is named, if one is; what cannot be read is noted.
    fn id_scheme(&mut self, key: &str, at: Option<&At<String>>) -> Option<IdScheme> {
        let at = at.filter(|at| at.span() != NOWHERE)?;
        let attribute = at.get().strip_prefix("attribute:");
        match (at.get().as_str(), attribute.map(Uid::parse)) {
            ("uid", _) => return Some(IdScheme::Uid),
            ("code", _) => return Some(IdScheme::Code),
            (_, Some(Ok(uid))) => return Some(IdScheme::Attribute(uid)),
            (_, Some(Err(_))) => {
                let message = format!("`{}` is not the UID of an attribute", attribute.unwrap_or_default());
                self.at(at.span(), message).advice("A UID is a letter and ten letters or digits.");
            }
            (other, None) => {
                let advice = match near(other, &["uid", "code"]) {
                    Some(near) => format!("Did you mean `{near}`?"),
                    None => "Use `uid`, `code`, or `attribute:` and the UID of an attribute.".to_owned(),
                };
                self.at(at.span(), format!("`{key}` cannot be `{other}`")).advice(advice);
            }
        }
        None
    }

    fn url(&mut self, at: &Located<String>) -> Option<Located<Url>> {
        let url = Url::parse(&at.value).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(url) = url else {
            // What stands before an @ may be a password.
            let shown = if at.value.contains('@') { "this".to_owned() } else { format!("`{}`", at.value) };
            self.at(at.span.clone(), format!("{shown} is not the address of a server"))
                .advice("It should look like `https://example.org`.");
            return None;
        };
        if !url.username().is_empty() || url.password().is_some() {
            self.at(at.span.clone(), "an address must not contain a user name or a password")
                .advice("Write the address alone; the account has keys of its own.");
            return None;
        }
        if url.query().is_some() || url.fragment().is_some() {
            self.at(at.span.clone(), format!("`{}` is a page, not the address of a server", at.value))
                .advice("Leave away what begins with `?` or `#`.");
            return None;
        }
        Some(Located { value: url, span: at.span.clone() })
    }

    pub(super) fn secret(
        &mut self,
        what: &'static str,
        env: &Option<At<String>>,
        file: &Option<At<String>>,
        folder: &Path,
    ) -> Option<SecretPlace> {
        SecretPlace::of(what, env.as_ref(), file.as_ref(), &self.source, folder).unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    fn required(
        &mut self,
        at: &Option<At<String>>,
        key: &str,
        table: &Range<usize>,
        advice: &str,
    ) -> Option<Located<String>> {
        if at.is_none() {
            self.missing(key, "[godata]", table, advice);
        }
        at.as_ref().map(located)
    }

    pub(super) fn missing(&mut self, key: &str, header: &str, table: &Range<usize>, advice: &str) {
        if *table != NOWHERE {
            let problem = self.source.problem(table.clone(), format!("`{key}` is missing in `{header}`"));
            self.problems.push(problem.advice(advice));
        }
    }
}

const PASSWORD_ADVICE: &str =
    "Name the environment variable that holds the password, or with `password_file` the file that does.";

fn timeout(at: Option<&At<u32>>) -> Duration {
    Duration::from_secs(u64::from(at.map_or(DEFAULT_TIMEOUT_SECS, |at| *at.get())))
}
