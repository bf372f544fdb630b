//! Who looks at the dashboard, and what they may do.

/// What somebody may do. Each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Look.
    Viewer,
    /// Run and decide.
    Operator,
    /// Everything.
    Admin,
}

/// Who looks.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The name under which what they do is recorded.
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// What each form that they send carries, so that no other site can send it for them.
    pub(crate) csrf: String,
}
