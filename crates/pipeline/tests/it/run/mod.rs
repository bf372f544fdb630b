//! Whole runs between the two simulators, over real HTTP.

mod around;
mod as_of;
mod asked;
mod calendar;
mod certificate;
mod comparison;
mod completeness;
mod corrections;
mod destinations;
mod drift;
mod fault_catalogue;
mod held;
mod incremental;
mod indicators;
mod interruption;
mod kept;

mod line_list;
mod lost_answers;
mod outbreaks;
mod picture;
mod plans;
mod rejections;
mod side_by_side;
mod small_cells;
mod source;
mod stage;
mod statements;
mod tie_out;

use stage::Stage;

/// A release of each of DHIS2's two importers.
const BOTH: [&str; 2] = ["2.42.1", "2.43.1"];
