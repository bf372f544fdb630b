//! Why a candidate is one, in words.

use std::fmt;

/// Something that speaks for a candidate, or against it.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The location's id, or a code of it, is the organisation unit's id: the tree was converted from DHIS2.
    SameId,
    /// The same code.
    SameCode,
    /// The same name, accents, case and punctuation aside.
    SameName,
    /// The same name but for words such as "district".
    SameNameButGeneralWords,
    /// The same name, its words joined or parted otherwise.
    JoinedOtherwise,
    /// The same words in another order.
    OtherOrder,
    /// Another spelling that sounds the same.
    SameSound,
    /// Another spelling that sounds nearly the same.
    AlikeSound,
    /// So many letters differ.
    LettersDiffer(usize),
    /// A name that is somewhat alike.
    AlikeName,
    /// One name has words that the other has not.
    MoreWords,
    /// One says "north" or "2" where the other says something else, or nothing.
    Marks {
        /// What the location says.
        location: String,
        /// What the organisation unit says.
        unit: String,
    },
    /// Another name.
    OtherName,
    /// It matched by a synonym of the location or by the short name of the organisation unit.
    BySynonym(String),
    /// One says that it is a town and the other a district, or the like.
    OtherKind,
    /// It lies in the organisation unit of the location's parent.
    SameParent,
    /// It lies in the organisation unit of an ancestor of the location, not of its parent.
    SameAncestor,
    /// The parents have the same name.
    ParentsAlike,
    /// Nothing is known about the parents.
    ParentUnknown,
    /// Both stand at the top of their trees.
    BothRoots,
    /// It lies elsewhere: under another parent than the location's.
    OtherParent,
    /// Other locations of this level are organisation units of another level.
    OtherLevel,
    /// So many of the places in the location lie in the organisation unit.
    Children {
        /// How many.
        inside: usize,
        /// Of how many that are matched.
        of: usize,
    },
    /// The only location and the only organisation unit that are left under their parents.
    OnlyOnesLeft,
    /// Kilometres between the two.
    Near(u32),
    /// Kilometres between the two, too many.
    Far(u32),
    /// Another organisation unit fits as well.
    AnotherUnit(String),
    /// Another location fits the organisation unit as well or better.
    AnotherLocation(String),
    /// The organisation unit is another location's already.
    Taken(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameId => f.write_str("same id"),
            Self::SameCode => f.write_str("same code"),
            Self::SameName => f.write_str("same name"),
            Self::SameNameButGeneralWords => f.write_str("same name but for general words"),
            Self::JoinedOtherwise => f.write_str("same name, words joined otherwise"),
            Self::OtherOrder => f.write_str("same words in another order"),
            Self::SameSound => f.write_str("another spelling of the same sound"),
            Self::AlikeSound => f.write_str("sounds nearly the same"),
            Self::LettersDiffer(1) => f.write_str("one letter differs"),
            Self::LettersDiffer(2) => f.write_str("two letters differ"),
            Self::LettersDiffer(n) => write!(f, "{n} letters differ"),
            Self::AlikeName => f.write_str("somewhat alike"),
            Self::MoreWords => f.write_str("one name has more words"),
            Self::Marks { location, unit } => write!(f, "one says \"{location}\", the other \"{unit}\""),
            Self::OtherName => f.write_str("another name"),
            Self::BySynonym(name) => write!(f, "by the name \"{name}\""),
            Self::OtherKind => f.write_str("another kind of place"),
            Self::SameParent => f.write_str("same parent"),
            Self::SameAncestor => f.write_str("in the same area, a level more or less between"),
            Self::ParentsAlike => f.write_str("parents of the same name"),
            Self::ParentUnknown => f.write_str("parent not matched"),
            Self::BothRoots => f.write_str("both at the top"),
            Self::OtherParent => f.write_str("under another parent"),
            Self::OtherLevel => f.write_str("another level than its peers"),
            Self::Children { inside, of } => write!(f, "{inside} of its {of} matched places lie in it"),
            Self::OnlyOnesLeft => f.write_str("the only ones left under their parents"),
            Self::Near(km) => write!(f, "{km} km apart"),
            Self::Far(km) => write!(f, "{km} km apart, too far"),
            Self::AnotherUnit(name) => write!(f, "\"{name}\" fits as well"),
            Self::AnotherLocation(name) => write!(f, "the location \"{name}\" fits it as well"),
            Self::Taken(name) => write!(f, "is the location \"{name}\" already"),
        }
    }
}
