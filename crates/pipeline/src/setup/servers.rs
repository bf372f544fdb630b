//! Signing in to both servers before there is a configuration, and what they show.

use crate::error::{Error, ErrorKind};
use dhis2::{DataSet, DataSetName, IdScheme};
use secrecy::SecretString;
use url::Url;

/// The authority that DHIS2 asks of whoever writes data values.
const ADD_VALUES: &str = "F_DATAVALUE_ADD";
/// The authority that stands for all.
const SUPERUSER: &str = "ALL";

/// Where Go.Data is, and as whom it is asked.
#[derive(Debug)]
pub struct GodataAccess {
    /// Address.
    pub url: Url,
    /// The account.
    pub email: String,
    /// Its password.
    pub password: SecretString,
    /// Allow `http://` to another machine.
    pub allow_http: bool,
}

/// What Go.Data shows the account.
#[derive(Clone, Debug)]
pub struct GodataFound {
    /// Version, if it tells.
    pub version: Option<String>,
    /// Ids and names of the outbreaks, in Go.Data's order.
    pub outbreaks: Vec<(String, String)>,
    /// The account is bound by geographic restrictions: what it counts may be too low.
    pub is_restricted: bool,
}

impl GodataAccess {
    /// Signs in and looks around.
    ///
    /// # Errors
    /// What the server or the line to it says, with what to do; an account that sees no outbreak.
    pub async fn look(&self) -> Result<GodataFound, Error> {
        let failed = |error: godata::Error| self.failed(&error);
        let mut settings = godata::Settings::new(self.url.clone(), self.email.clone(), self.password.clone());
        settings.allow_http = self.allow_http;
        let client = godata::Client::new(settings).map_err(failed)?;
        client.log_in().await.map_err(failed)?;
        let outbreaks = client.outbreaks().await.map_err(failed)?;
        let named = |outbreak: godata::wire::Outbreak| Some((outbreak.id.into_option()?, outbreak.name.into_option()?));
        let outbreaks: Vec<_> = outbreaks.into_iter().filter_map(named).collect();
        if outbreaks.is_empty() {
            let message = format!("Go.Data shows the account {} no outbreak", self.email);
            return Err(Error::new(ErrorKind::Godata, message)
                .advice("Let a Go.Data administrator give the account the outbreak (Users, the account)."));
        }
        let version = client.version().await.ok().flatten().and_then(|version| version.version.into_option());
        // What the account may see of itself is an extra.
        let user = client.user().await.ok().flatten();
        let is_restricted = user.is_some_and(|user| user.disregard_geographic_restrictions.get() == Some(&false));
        Ok(GodataFound { version, outbreaks, is_restricted })
    }

    fn failed(&self, error: &godata::Error) -> Error {
        use godata::Kind as K;
        let advice = match error.kind() {
            K::LoginFailed => {
                "Check the e-mail address and the password. Ten failures lock the account for half an hour."
            }
            K::Blocked => "Wait half an hour, and check the password before you try again.",
            K::TwoFactor | K::Captcha => "Give Tally an account of its own without a second factor.",
            K::InsecureUrl { .. } => "Use `https://`, or say --allow-http if nobody else can listen on the way.",
            K::Connect | K::InvalidUrl { .. } => "Check the address, the line and whether the server is up.",
            K::Tls { .. } => "Have the server's certificate renewed, or its authority trusted on this machine.",
            K::NotJson { .. } | K::Redirect { .. } | K::NotFound | K::Decode { .. } => {
                "Is this Go.Data's own address? Something else answers there."
            }
            K::Forbidden { .. } => "Ask the Go.Data administrator for the permission to read outbreaks.",
            _ => "Try again later.",
        };
        Error::new(kind(error.is_temporary(), ErrorKind::Godata), format!("Go.Data at {}: {error}", self.url))
            .advice(advice)
    }
}

/// Where DHIS2 is, and as whom it is asked.
#[derive(Debug)]
pub struct Dhis2Access {
    /// Address, with the path under which it is installed.
    pub url: Url,
    /// User and password, or a token.
    pub credentials: dhis2::Credentials,
    /// Allow `http://` to another machine.
    pub allow_http: bool,
}

/// What DHIS2 shows the account.
#[derive(Debug)]
pub struct Dhis2Found {
    client: dhis2::Client,
    url: Url,
    /// Version.
    pub version: String,
    /// Name of the account.
    pub username: String,
    /// It may do everything: more than Tally needs.
    pub is_superuser: bool,
    /// It may write data values.
    pub may_write: bool,
    /// The data sets that it sees, by name.
    pub data_sets: Vec<DataSetName>,
}

impl Dhis2Access {
    /// Signs in and looks around.
    ///
    /// # Errors
    /// What the server or the line to it says, with what to do; a calendar other than ISO 8601; no data set.
    pub async fn look(&self) -> Result<Dhis2Found, Error> {
        let failed = |error: dhis2::Error| failed(&self.url, &error);
        let mut settings = dhis2::Settings::new(self.url.clone(), self.credentials.clone());
        settings.allow_http = self.allow_http;
        let client = dhis2::Client::new(&settings).map_err(failed)?;
        let me = client.me().await.map_err(failed)?;
        let info = client.system_info().await.map_err(failed)?;
        if info.calendar != "iso8601" {
            let message = format!("DHIS2 at {} uses the calendar `{}`", self.url, info.calendar);
            let advice =
                "Only servers with the ISO 8601 calendar are supported: a period's name would mean other days.";
            return Err(Error::new(ErrorKind::Dhis2, message).advice(advice));
        }
        let data_sets = client.data_sets().await.map_err(failed)?;
        if data_sets.is_empty() {
            return Err(Error::new(ErrorKind::Dhis2, format!("DHIS2 shows {} no data set", me.username)).advice(
                "Let an administrator share the data set with the account; for a DHIS2 that has none, `tally bootstrap` \
                 writes one.",
            ));
        }
        Ok(Dhis2Found {
            client,
            url: self.url.clone(),
            version: info.version_text,
            is_superuser: me.authorities.iter().any(|authority| authority == SUPERUSER),
            may_write: me.has_authority(ADD_VALUES),
            username: me.username,
            data_sets,
        })
    }
}

impl Dhis2Found {
    /// A data set with its elements and their category combos.
    ///
    /// # Errors
    /// What the server says.
    pub async fn data_set(&self, uid: &str) -> Result<DataSet, Error> {
        self.client.data_set(uid, IdScheme::Uid).await.map_err(|error| failed(&self.url, &error))
    }
}

fn failed(url: &Url, error: &dhis2::Error) -> Error {
    use dhis2::ErrorKind as K;
    let advice = match error.kind() {
        K::NotAuthenticated { .. } | K::InvalidCredentials { .. } => {
            "Check the user name and the password, or the token: whether it is whole and has not expired."
        }
        K::AccountLocked { .. } => "Ask the DHIS2 administrator to unlock the account, and check the password.",
        K::InsecureUrl { .. } => "Use `https://`, or say --allow-http if nobody else can listen on the way.",
        K::Connect { .. } | K::InvalidUrl { .. } => "Check the address, the line and whether the server is up.",
        K::Tls { .. } => "Have the server's certificate renewed, or its authority trusted on this machine.",
        K::NotJson { .. } | K::Redirect { .. } | K::NotFound { .. } => {
            "Is this DHIS2's own address, with the path under which it is installed?"
        }
        K::Forbidden { .. } => "Ask the DHIS2 administrator for the missing authority or sharing.",
        K::UnsupportedVersion(_) => "Tally writes to DHIS2 2.38 and later.",
        _ => "Try again later.",
    };
    Error::new(kind(error.is_temporary(), ErrorKind::Dhis2), format!("DHIS2 at {url}: {error}")).advice(advice)
}

fn kind(is_temporary: bool, otherwise: ErrorKind) -> ErrorKind {
    if is_temporary { ErrorKind::Temporary } else { otherwise }
}
