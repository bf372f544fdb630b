//! The dice of a storm: SplitMix64, whose sequence never changes, so that a seed means the same walk for ever.

/// A generator for one step of one seed.
pub(super) struct Dice(u64);

impl Dice {
    /// The dice of a step. Each step has its own, so that it does not matter how often an earlier one was thrown.
    pub(super) fn of(seed: u64, step: u64) -> Self {
        let mut dice = Self(seed ^ step.wrapping_mul(0xd134_2543_de82_ef95));
        dice.throw();
        dice
    }

    pub(super) fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.throw() % n as u64).unwrap()
    }

    /// A number in `from..=to`.
    pub(super) fn between(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.throw() % (to - from + 1).unsigned_abs()).unwrap()
    }

    /// True in `n` of a hundred throws.
    pub(super) fn percent(&mut self, n: u64) -> bool {
        self.throw() % 100 < n
    }

    pub(super) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// One of several, as often as its weight says.
    pub(super) fn weighted<T: Copy>(&mut self, items: &[(u64, T)]) -> T {
        let mut left = self.throw() % items.iter().map(|(weight, _)| weight).sum::<u64>();
        for (weight, item) in items {
            if left < *weight {
                return *item;
            }
            left -= weight;
        }
        unreachable!("the weights were summed")
    }
}

#[test]
fn the_same_step_of_the_same_seed_is_the_same() {
    let throws = |seed, step| {
        let mut dice = Dice::of(seed, step);
        [dice.throw(), dice.throw(), dice.throw()]
    };
    assert_eq!(throws(7, 3), throws(7, 3));
    assert!(throws(7, 3) != throws(7, 4) && throws(7, 3) != throws(8, 3));
}
