//! An answer that breaks off at any byte is never taken for a shorter one.

use pipeline::ErrorKind;
use pipeline::report::Verdict;
use sandbox::fault::{Fault, FaultRule, Method};

use super::super::stage::VALUES;
use super::super::{BOTH, Stage};
use super::expected::Setup;
use super::tuned;

/// The first bytes of an answer, then samples that fall on no round number. DHIS2 packs its answers: they are short.
fn samples(n_bytes: usize) -> impl Iterator<Item = usize> {
    (0..4).chain((11..n_bytes).step_by(n_bytes / 11))
}

#[tokio::test]
async fn a_page_of_godata() {
    let mut stage = Stage::new(BOTH[0]);
    stage.tune = tuned(Setup::Plain);
    stage.run().await;
    stage.full = true;
    let ids = stage.counted();
    stage.world.godata.edit(|e| e.delete(&ids[0])).unwrap();
    let before = (stage.values(), stage.ledger());
    for at_byte in samples(12_000) {
        let rule = FaultRule::on("*/cases", Fault::CutBody { at_byte }).skip(2);
        stage.world.godata.faults().push(rule.forever());
        let error = stage.failure().await;
        assert_eq!(error.kind, ErrorKind::Temporary, "cut at {at_byte}: {error}");
        assert_eq!((stage.values(), stage.ledger()), before, "cut at {at_byte}");
        stage.world.godata.faults().clear();
    }
    assert_eq!(stage.run().await.verdict, Verdict::Clean);
    stage.at_rest(&[]).await;
}

#[tokio::test]
async fn a_read_of_dhis2_and_a_summary() {
    for version in BOTH {
        let mut stage = Stage::new(version);
        stage.tune = tuned(Setup::Plain);
        stage.run().await;
        let ids = stage.counted();
        for (n, at_byte) in samples(1_200).enumerate() {
            stage.world.godata.edit(|e| e.delete(&ids[n])).unwrap();
            let before = stage.values();
            // What stands there cannot be read.
            let rule = FaultRule::on(VALUES, Fault::CutBody { at_byte }).method(Method::GET);
            stage.world.dhis2_faults.push(rule.forever());
            let error = stage.failure().await;
            assert_eq!(error.kind, ErrorKind::Temporary, "{version}, cut at {at_byte}: {error}");
            assert_eq!(stage.values(), before, "{version}, cut at {at_byte}");
            stage.world.dhis2_faults.clear();
            // A summary is small; cut behind its end it arrives.
            stage.on_import(Fault::CutBody { at_byte: at_byte % 600 }, 1);
            assert_eq!(stage.run().await.verdict, Verdict::Clean, "{version}, cut at {at_byte}");
            stage.world.dhis2_faults.clear();
            stage.at_rest(&[]).await;
        }
    }
}
