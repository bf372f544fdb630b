//! The names of what the doctor looks at.

use serde::{Serialize, Serializer};

/// Declares the codes once, so that the list of all is never short of one.
macro_rules! codes {
    ($($code:ident $name:literal $looked_at:literal)+) => {
        /// What was looked at, by a name that stays the same between versions, for programs: `dhis2_clock`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $looked_at] $code,)+
        }

        impl Code {
            /// All codes, in the order of looking.
            pub const ALL: &'static [Self] = &[$(Self::$code,)+];

            /// The name in JSON and in the manual.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)+ }
            }
        }
    };
}

codes! {
    Configuration "configuration" "The file, the map of places, stated values."
    Secret "secret" "Passwords and tokens are where the file says."
    State "state" "The state folder."
    Schedule "schedule" "When each report runs by itself, and who hears when it does not."
    Dashboard "dashboard" "Who can reach the dashboard, and how."
    Alerts "alerts" "What alerts need is where the file says."
    GodataSignIn "godata_sign_in" "Go.Data answers, knows the account and shows it the outbreak."
    GodataVersion "godata_version" "The version of Go.Data."
    GodataRestricted "godata_restricted" "The account sees all areas."
    GodataCases "godata_cases" "The account may read the cases."
    GodataClock "godata_clock" "Go.Data's clock."
    Dhis2SignIn "dhis2_sign_in" "DHIS2 answers, is of a known version and calendar, and knows the account."
    Dhis2Authorities "dhis2_authorities" "The account may write data values, and not everything."
    Dhis2OrgUnits "dhis2_org_units" "Organisation units for data capture are assigned to the account."
    Dhis2Clock "dhis2_clock" "DHIS2's clock."
    Dhis2Defaults "dhis2_defaults" "There is one default category option combo."
    ReportMetadata "report_metadata" "The definitions fit the data sets."
    ReportReferenceData "report_reference_data" "Values that the report names are in Go.Data's reference data."
    ReportPlaces "report_places" "Every location counts somewhere."
    ReportOrgUnits "report_org_units" "The data set is assigned to every organisation unit of the map, and the account may write there."
    ReportPeriods "report_periods" "DHIS2 takes all periods of the look-back now."
    ReportZeros "report_zeros" "DHIS2 stores the zeros that the report writes."
    ReportChanged "report_changed" "Nobody changed the data set's metadata since the last run that came through."
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
