//! `LIKE`: `%` stands for any run of characters, `_` for exactly one.

/// A pattern. Nothing escapes its two signs, and letters differ by case.
#[derive(Clone, Debug)]
pub(super) struct Pattern(Box<str>);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// The pattern as it was written.
    pub(super) fn source(&self) -> &str {
        &self.0
    }

    /// Whether the whole text fits. Walks both once and, at a mismatch, lets the last `%` swallow one character more.
    pub(super) fn matches(&self, text: &str) -> bool {
        let (mut pattern, mut rest) = (self.0.chars(), text.chars());
        let mut retry = None;
        loop {
            let (mut ahead, mut onward) = (pattern.clone(), rest.clone());
            let fits = match (ahead.next(), onward.next()) {
                (None, None) => return true,
                (Some('%'), _) => {
                    retry = Some((ahead.clone(), rest.clone()));
                    onward = rest.clone();
                    true
                }
                (Some('_'), Some(_)) => true,
                (Some(wanted), Some(found)) => wanted == found,
                _ => false,
            };
            if fits {
                (pattern, rest) = (ahead, onward);
                continue;
            }
            let Some((after, mut from)) = retry.take() else { return false };
            if from.next().is_none() {
                return false;
            }
            (pattern, rest) = (after.clone(), from.clone());
            retry = Some((after, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn signs_stand_for_characters() {
        for (pattern, fitting, others) in [
            ("", &[""][..], &["a"][..]),
            ("%", &["", "a", "naïve"], &[]),
            ("_", &["a", "é", "病"], &["", "ab"]),
            ("ICU%", &["ICU", "ICU_ADMISSION"], &["icu", "xICU"]),
            ("%a%b", &["ab", "aab", "xaybzb"], &["ba", "abc"]),
            ("%_b", &["ab", "éb", "abb"], &["b", "a"]),
            ("a\\%", &["a\\", "a\\b"], &["a%", "a"]),
            ("%%", &["", "x"], &[]),
        ] {
            let like = Pattern::new(pattern);
            for text in fitting {
                assert!(like.matches(text), "{text:?} LIKE {pattern:?}");
            }
            for text in others {
                assert!(!like.matches(text), "{text:?} NOT LIKE {pattern:?}");
            }
        }
    }

    #[test]
    fn many_signs_stay_quick() {
        let like = Pattern::new(&"%a".repeat(500));
        assert!(!like.matches(&"a".repeat(499)));
        assert!(like.matches(&"a".repeat(500)));
    }
}
