//! The codes of the clients' and the stores' errors: three tables.

use crate::error::Code;
use crate::store::StoreError;

/// The code of a DHIS2 error.
pub(super) fn dhis2(kind: &dhis2::ErrorKind) -> Code {
    use dhis2::ErrorKind as K;
    match kind {
        K::InvalidUrl { .. } => Code::Dhis2Address,
        K::InsecureUrl { .. } => Code::Dhis2PlainHttp,
        K::Connect { .. } => Code::Dhis2Connection,
        K::Tls { .. } => Code::Dhis2Certificate,
        K::Timeout | K::Interrupted { .. } | K::TaskTimeout { .. } => Code::Dhis2Timeout,
        K::NotJson { .. } | K::Redirect { .. } | K::NotFound { .. } => Code::Dhis2OtherServer,
        K::TooLarge { .. } => Code::Dhis2TooLarge,
        K::Decode { .. } => Code::Dhis2Unreadable,
        K::NotAuthenticated { .. } | K::InvalidCredentials { .. } => Code::Dhis2Login,
        K::AccountLocked { .. } => Code::Dhis2Locked,
        K::Forbidden { .. } => Code::Dhis2Permission,
        K::Ambiguous { .. } => Code::Dhis2Ambiguous,
        K::Conflict { .. } | K::Refused { .. } | K::UnsupportedMediaType { .. } => Code::Dhis2Refused,
        K::UnsupportedVersion(_) => Code::Dhis2Version,
        K::Server { .. } => Code::Dhis2Failed,
        K::Throttled { .. } => Code::Dhis2Busy,
        _ => Code::Dhis2Failure,
    }
}

/// The code of a Go.Data error.
pub(super) fn godata(kind: &godata::Kind) -> Code {
    use godata::Kind as K;
    match kind {
        K::InvalidUrl { .. } => Code::GodataAddress,
        K::InsecureUrl { .. } => Code::GodataPlainHttp,
        K::Connect => Code::GodataConnection,
        K::Tls { .. } => Code::GodataCertificate,
        K::Timeout | K::Truncated => Code::GodataTimeout,
        K::NotJson { .. } | K::Redirect { .. } | K::NotFound => Code::GodataOtherServer,
        K::TooLarge { .. } | K::TooManyPages { .. } => Code::GodataTooLarge,
        K::Decode { .. } => Code::GodataUnreadable,
        K::PageOrder { .. } => Code::GodataOrder,
        K::LoginFailed => Code::GodataLogin,
        K::Blocked => Code::GodataBlocked,
        K::TwoFactor | K::Captcha => Code::GodataSecondFactor,
        K::Unauthorised => Code::GodataSession,
        K::Forbidden { .. } => Code::GodataPermission,
        K::OutbreakNotFound => Code::GodataOutbreak,
        K::UrlTooLong { .. } | K::BadRequest { .. } => Code::GodataRefused,
        K::Server { .. } => Code::GodataFailed,
        K::Throttled { .. } => Code::GodataBusy,
        K::File => Code::GodataFile,
    }
}

/// The code of an error of the state file or of the line list.
pub(super) fn store(error: &StoreError) -> Code {
    match error {
        _ if error.is_overtaken() => Code::LeaseLost,
        _ if error.is_defect() => Code::Internal,
        StoreError::Newer { .. }
        | StoreError::Older { .. }
        | StoreError::NotADatabase { .. }
        | StoreError::Foreign { .. }
        | StoreError::Corrupt { .. }
        | StoreError::Row { .. } => Code::StateFile,
        StoreError::Folder { .. }
        | StoreError::CannotOpen { .. }
        | StoreError::ReadOnly { .. }
        | StoreError::DiskFull { .. }
        | StoreError::Disk { .. }
        | StoreError::NoWriteAheadLog { .. } => Code::StateFolder,
        StoreError::Locked { .. } => Code::StateLocked,
        _ => Code::Configuration,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use crate::failure;
    use crate::store::RunState;
    use std::path::PathBuf;

    #[test]
    fn a_fault_of_tally_is_an_internal_error_and_says_so() {
        let path = || PathBuf::from("state.sqlite");
        let fault = StoreError::Refused { path: path(), detail: "a count below zero".to_owned() };
        let told = failure::store(&fault);
        assert_eq!((told.kind, told.code), (ErrorKind::Internal, Code::Internal));
        assert!(fault.advice().contains("fault of Tally"));

        let damaged = StoreError::Corrupt { path: path(), detail: "row 1 missing".to_owned() };
        let told = failure::store(&damaged);
        assert_eq!((told.kind, told.code), (ErrorKind::Config, Code::StateFile));
        assert!(!damaged.advice().contains("fault of Tally"));
    }

    #[test]
    fn a_run_that_was_overtaken_is_told_as_that_and_not_as_a_fault() {
        let moved = |from| StoreError::ForbiddenArrow { run: crate::store::RunId(1), from, to: RunState::Extracting };
        let told = failure::store(&moved(RunState::Cancelled));
        assert_eq!((told.kind, told.code), (ErrorKind::Temporary, Code::LeaseLost));
        let told = failure::store(&moved(RunState::Planned));
        assert_eq!((told.kind, told.code), (ErrorKind::Internal, Code::Internal));
    }
}
