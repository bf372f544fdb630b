//! Who asks: what the door knows of a request that it let in.

use super::door::Refusal;
pub(crate) use pipeline::access::{Right, Role};
use std::fmt;

/// Who asks. Each request that the door lets in carries it as an extension.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// The user's name, for pages and for the audit; that of the token for a program.
    pub(crate) name: String,
    /// What the person may do; a program may what its token's scopes say: ask [`Visitor::may`].
    pub(crate) role: Role,
    /// What every form carries as its field `csrf`, and a script as the header `X-CSRF-Token`. Empty for a program.
    pub(crate) csrf: String,
    /// How the visitor came in.
    pub(crate) way: Way,
}

/// How a visitor came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From this very machine, where nobody has to sign in.
    Loopback,
    /// Signed in.
    Session,
    /// Named by a proxy that is believed.
    Proxy,
    /// A program, with what its token is good for.
    Token(Vec<Right>),
}

impl Visitor {
    /// Whether the visitor may do this.
    pub(crate) fn may(&self, right: Right) -> bool {
        match &self.way {
            Way::Token(scopes) => scopes.contains(&right),
            Way::Loopback | Way::Session | Way::Proxy => self.role.may(right),
        }
    }

    /// Lets the visitor do this, or refuses.
    ///
    /// # Errors
    /// The refusal, which is an answer.
    pub(crate) fn demand(&self, right: Right) -> Result<(), Refusal> {
        match (&self.way, self.may(right)) {
            (_, true) => Ok(()),
            (Way::Token(_), false) => Err(Refusal::Scope(right)),
            (_, false) => Err(Refusal::Role(right)),
        }
    }
}

impl fmt::Debug for Visitor {
    /// Without what a form has to carry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {:?})", self.name, self.role.name(), self.way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(role: Role, way: Way) -> Visitor {
        Visitor { name: "ana".into(), role, csrf: "CANARY".into(), way }
    }

    #[test]
    fn a_person_may_what_the_role_says_and_a_program_what_its_scopes_say() {
        assert!(visitor(Role::Operator, Way::Session).demand(Right::Decide).is_ok());
        let refused = visitor(Role::Viewer, Way::Proxy).demand(Right::Run);
        assert!(matches!(refused, Err(Refusal::Role(Right::Run))));
        let program = visitor(Role::Admin, Way::Token(vec![Right::Read]));
        assert!(program.may(Right::Read) && !program.may(Right::Settings));
        assert!(matches!(program.demand(Right::Run), Err(Refusal::Scope(Right::Run))));
    }

    #[test]
    fn what_a_form_carries_is_not_printed() {
        assert_eq!(format!("{:?}", visitor(Role::Viewer, Way::Session)), "ana (viewer, Session)");
    }
}
