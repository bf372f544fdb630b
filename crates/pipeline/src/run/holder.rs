//! Who holds the lease of a run, said so that another process of the same machine can see whether it still lives.
//!
//! A process number is not enough: numbers are used again, and a file may be shared with another machine or with another
//! container. So the holder names its host, the boot of the machine and the namespace in which its number counts, and when
//! it began. Where the system does not tell these (only Linux does), nobody is taken for dead.

use std::fmt;
use std::fs;
use std::path::PathBuf;

/// A process that holds the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its number.
    pub process: u32,
    /// The machine's name.
    pub host: String,
    /// The boot of the machine and the namespace of process numbers, and when the process began, in the kernel's ticks
    /// since that boot.
    proof: Option<Proof>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Proof {
    boot: String,
    namespace: String,
    started: u64,
}

/// What can be said of a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs on this machine.
    Alive,
    /// It ran on this machine and does not any more.
    Gone,
    /// It cannot be seen from here.
    Unknown,
}

impl Holder {
    /// This process.
    pub fn this() -> Self {
        let process = std::process::id();
        let proof = Some(process).and_then(|process| {
            Some(Proof { boot: boot()?, namespace: namespace()?, started: started(process)?.ticks })
        });
        Self { process, host: host(), proof }
    }

    /// Reads what [`Holder::stored`] wrote. `None`: somebody else did, such as an older Tally.
    pub fn parse(stored: &str) -> Option<Self> {
        let mut words = stored.split(' ');
        let mut next = |word: &str| (words.next()? == word).then(|| words.next()).flatten();
        let process = next("process")?.parse().ok()?;
        let host = next("on")?.to_owned();
        let proof = (|| {
            let boot = next("boot")?.to_owned();
            let namespace = next("namespace")?.to_owned();
            Some(Proof { boot, namespace, started: next("started")?.parse().ok()? })
        })();
        Some(Self { process, host, proof })
    }

    /// As it stands in the state file.
    pub fn stored(&self) -> String {
        match &self.proof {
            Some(Proof { boot, namespace, started }) => {
                format!("{self} boot {boot} namespace {namespace} started {started}")
            }
            None => self.to_string(),
        }
    }

    /// Whether it still runs, as seen by `here`, a process of this machine.
    pub fn life(&self, here: &Self) -> Life {
        let (Some(its), Some(ours)) = (&self.proof, &here.proof) else { return Life::Unknown };
        if self.host != here.host {
            return Life::Unknown;
        }
        if its.boot != ours.boot {
            return Life::Gone;
        }
        if its.namespace != ours.namespace {
            return Life::Unknown;
        }
        match started(self.process) {
            Some(found) if found.ticks == its.started && !found.ended => Life::Alive,
            _ => Life::Gone,
        }
    }
}

/// For people: `process 12 on laptop`.
impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.process, self.host)
    }
}

/// A stored holder for people, whoever wrote it.
pub fn for_people(stored: &str) -> String {
    Holder::parse(stored).map_or_else(|| stored.to_owned(), |holder| holder.to_string())
}

fn host() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named = named.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    // A word of the stored text.
    let name: String = named.unwrap_or_default().trim().chars().filter(|c| !c.is_whitespace()).collect();
    if name.is_empty() { "this-machine".to_owned() } else { name }
}

fn boot() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

fn namespace() -> Option<String> {
    let link: PathBuf = fs::read_link("/proc/self/ns/pid").ok()?;
    let digits: String = link.to_str()?.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then_some(digits)
}

struct Started {
    ticks: u64,
    /// It has ended, and only its parent has not looked yet.
    ended: bool,
}

/// Fields 3 and 22 of proc(5)'s `stat`. The name, field 2, may hold anything, parentheses too.
fn started(process: u32) -> Option<Started> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_whitespace();
    let state = fields.next()?;
    Some(Started { ended: matches!(state, "Z" | "X" | "x"), ticks: fields.nth(18)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(boot: &str, namespace: &str, started: u64) -> Holder {
        let proof = Proof { boot: boot.into(), namespace: namespace.into(), started };
        Holder { process: std::process::id(), host: "here".into(), proof: Some(proof) }
    }

    #[test]
    fn what_is_stored_is_read_again_and_people_see_less() {
        let some = holder("b-1", "42", 77);
        assert_eq!(Holder::parse(&some.stored()), Some(some.clone()));
        assert_eq!(for_people(&some.stored()), format!("process {} on here", some.process));
        assert_eq!(for_people("process 12"), "process 12", "as an older Tally wrote it");
        let bare = Holder { proof: None, ..some };
        assert_eq!(Holder::parse(&bare.stored()), Some(bare));
        assert_eq!(Holder::parse("process x on y"), None);
    }

    #[test]
    fn nobody_is_taken_for_dead_who_cannot_be_seen() {
        let here = holder("b-1", "42", 77);
        let elsewhere = Holder { host: "there".into(), ..here.clone() };
        assert_eq!(elsewhere.life(&here), Life::Unknown);
        assert_eq!(holder("b-1", "43", 77).life(&here), Life::Unknown, "another container of the same name");
        assert_eq!(Holder { proof: None, ..here.clone() }.life(&here), Life::Unknown);
        assert_eq!(here.life(&Holder { proof: None, ..here.clone() }), Life::Unknown);
    }

    #[test]
    fn after_a_restart_of_the_machine_nobody_lives() {
        assert_eq!(holder("b-0", "42", 77).life(&holder("b-1", "42", 77)), Life::Gone);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_number_that_is_used_again_is_another_process() {
        let this = Holder::this();
        assert_eq!(this.life(&this), Life::Alive);
        let proof = this.proof.clone().map(|proof| Proof { started: proof.started + 1, ..proof });
        assert_eq!(Holder { proof, ..this.clone() }.life(&this), Life::Gone);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        assert_eq!(Holder { process: child.id(), ..this.clone() }.life(&this), Life::Gone);
    }
}
