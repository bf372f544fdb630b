//! Which place lies in which.

use rustc_hash::FxHashMap;

/// The shape of a tree, by positions.
pub(super) struct Tree {
    pub(super) parents: Vec<Option<usize>>,
    pub(super) children: Vec<Vec<usize>>,
    /// Steps to the root.
    pub(super) depths: Vec<usize>,
}

impl Tree {
    /// Builds it from ids and ids of parents. A place whose parent is unknown, or that lies in itself, is a root.
    pub(super) fn new<'t>(places: impl Iterator<Item = (&'t str, Option<&'t str>)> + Clone) -> Self {
        let positions: FxHashMap<&str, usize> =
            places.clone().enumerate().map(|(position, (id, _))| (id, position)).collect();
        let mut parents: Vec<Option<usize>> =
            places.map(|(_, parent)| parent.and_then(|parent| positions.get(parent).copied())).collect();
        let n = parents.len();
        // A place whose depth is known hangs on a root.
        let mut depths = vec![usize::MAX; n];
        for start in 0..n {
            let (mut path, mut at) = (Vec::new(), Some(start));
            while let Some(position) = at.filter(|position| depths[*position] == usize::MAX) {
                // The mark of this walk; a walk that meets its own mark has gone in a circle, which ends here.
                depths[position] = usize::MAX - 1;
                path.push(position);
                at = parents[position];
            }
            if at.is_some_and(|position| depths[position] == usize::MAX - 1)
                && let Some(last) = path.last()
            {
                parents[*last] = None;
            }
            for position in path.into_iter().rev() {
                depths[position] = parents[position].map_or(0, |parent| depths[parent] + 1);
            }
        }
        let mut children = vec![Vec::new(); n];
        for (position, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                children[*parent].push(position);
            }
        }
        Self { parents, children, depths }
    }

    /// What a place lies in, from its parent to its root.
    pub(super) fn above(&self, position: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents[position], |at| self.parents[*at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_cut_and_every_place_has_a_depth() {
        let tree = Tree::new(
            [("a", None), ("b", Some("a")), ("x", Some("z")), ("y", Some("x")), ("z", Some("y")), ("o", Some("none"))]
                .into_iter(),
        );
        assert_eq!(tree.depths.iter().max(), Some(&2));
        assert_eq!(tree.above(1).collect::<Vec<_>>(), [0]);
        assert_eq!((0..6).filter(|at| tree.parents[*at].is_none()).count(), 3);
        assert_eq!(tree.children[0], [1]);
        let own = Tree::new([("a", Some("a"))].into_iter());
        assert_eq!(own.depths, [0]);
    }
}
