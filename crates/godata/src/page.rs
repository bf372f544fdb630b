//! Lists page by page, by key: each page is asked for after the last id of the one before it.
//!
//! The id of a page's last record is found from the end of its bytes, so that the next page is on its way while the
//! caller decodes this one. The decoding proves it afterwards: an order that does not hold is an error, never a record
//! lost or counted twice.

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::decode::{Decoded, Rules, records};
use crate::error::{Error, Kind, OrderRule};
use crate::exchange::{Answer, Question};
use crate::filter::Selection;
use crate::resource::Resource;
use crate::wire::{Keyed, Record};

/// How many pages are held or on their way ahead of the one that the caller works on.
const PAGES_AHEAD: usize = 2;

/// One page of a list, not yet decoded.
///
/// It can be sent to another thread for that. On a runtime with one thread, decoding where the pages are awaited holds
/// up the download of the next ones.
pub struct Page {
    body: Bytes,
    date: Option<Timestamp>,
    asked: String,
    after: Option<String>,
    last: Option<String>,
    n_max: usize,
}

impl Page {
    /// A page of an answer that is at hand, and whether it is the last of its list: what the client makes of every
    /// answer. `after` is the id that it was asked after, `n_max` the records that it was asked for, and `first_n_bytes`
    /// the length of the list's first page, none for that page itself.
    ///
    /// # Errors
    ///
    /// As [`Page::decode`], as far as it can be told without decoding.
    pub fn of_answer(
        body: impl Into<Bytes>,
        resource: Resource,
        after: Option<&str>,
        n_max: u32,
        first_n_bytes: Option<usize>,
    ) -> Result<(Self, bool), Error> {
        let answer = Answer { body: body.into(), date: None };
        let listing = Listing { resource, fields: Vec::new(), selection: Selection::default(), n_max };
        page_of(answer, &listing, after, first_n_bytes)
    }

    /// The server's clock when it answered, from its `Date` header. That of a list's first page is the watermark up to
    /// which its changes are read.
    pub fn server_date(&self) -> Option<Timestamp> {
        self.date
    }

    /// The answer as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// Gives each record to `each`, borrowed from the page's bytes. What `each` does not take is overwritten by the next one.
    ///
    /// # Errors
    ///
    /// [`Kind::Decode`] and [`Kind::Truncated`] when it is no list of records with ids, [`Kind::PageOrder`] when ids do
    /// not ascend from the page before, when there are too many, or when the last is not the one that the next page was
    /// asked after. The records before the offending one were given by then.
    pub fn decode<'p, T: Record<'p>>(&'p self, each: impl FnMut(&mut T)) -> Result<Decoded, Error> {
        let rules = Rules { ascending: Some(self.after.as_deref()), n_max: Some(self.n_max) };
        let failed = |kind| Error::new(kind, self.asked.as_str());
        let decoded = records(&self.body, rules, each).map_err(failed)?;
        if decoded.last_id != self.last {
            return Err(failed(Kind::PageOrder { reason: OrderRule::LastId }));
        }
        Ok(decoded)
    }
}

impl std::fmt::Debug for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Page({}, {} bytes)", self.asked, self.body.len())
    }
}

/// What a list is asked for.
#[derive(Clone)]
pub(crate) struct Listing {
    pub(crate) resource: Resource,
    pub(crate) fields: Vec<String>,
    pub(crate) selection: Selection,
    pub(crate) n_max: u32,
}

impl Listing {
    pub(crate) fn question(&self, after: Option<&str>) -> Question {
        let filter = self.selection.page(&self.fields, after, self.n_max);
        Question::get_with(self.resource.path(), "filter", filter)
    }
}

/// The pages of a list, in order. Dropping it stops the download.
#[derive(Debug)]
pub struct Pages {
    state: State,
}

#[derive(Debug)]
enum State {
    Ready(Box<(Client, Listing)>),
    Reading(mpsc::Receiver<Result<Page, Error>>, JoinHandle<()>),
    Done,
}

impl Pages {
    pub(crate) fn new(client: Client, listing: Listing) -> Self {
        Self { state: State::Ready(Box::new((client, listing))) }
    }

    /// The next page; none after the last one or after an error. The first page comes even if it is empty.
    ///
    /// The first call begins the download, which needs a tokio runtime.
    pub async fn next(&mut self) -> Option<Result<Page, Error>> {
        if let State::Ready(begin) = &self.state {
            let (client, listing) = (**begin).clone();
            let (sender, receiver) = mpsc::channel(PAGES_AHEAD);
            let task = tokio::spawn(download(client, listing, sender));
            self.state = State::Reading(receiver, task);
        }
        let State::Reading(receiver, task) = &mut self.state else {
            return None;
        };
        let next = receiver.recv().await;
        if let Some(Ok(_)) = next {
            return next;
        }
        if next.is_none() {
            // The sender is gone: either it had no more to send, or it broke, which must not look like the end.
            if let Err(error) = task.await {
                self.state = State::Done;
                match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => {
                        return Some(Err(Error::new(Kind::Connect, "the download of a list")));
                    }
                }
            }
        }
        self.state = State::Done;
        next
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let State::Reading(_, task) = &self.state {
            task.abort();
        }
    }
}

impl std::fmt::Debug for Listing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listing({})", self.resource.path())
    }
}

/// Downloads page after page, waiting while enough of them lie ahead of the caller.
async fn download(client: Client, listing: Listing, sender: mpsc::Sender<Result<Page, Error>>) {
    let mut after = None;
    let mut first_n_bytes = None;
    let pages_max = client.pages_max();
    for number in 0..pages_max {
        let Ok(permit) = sender.reserve().await else {
            return;
        };
        let fetched = client.page(&listing, after.as_deref(), first_n_bytes).await;
        let (page, is_last) = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                permit.send(Err(error));
                return;
            }
        };
        first_n_bytes.get_or_insert(page.body.len());
        after.clone_from(&page.last);
        if number == 0 || page.last.is_some() {
            permit.send(Ok(page));
        }
        if is_last {
            return;
        }
    }
    let asked = listing.question(None).asked();
    let _ = sender.send(Err(Error::new(Kind::TooManyPages { max: pages_max }, asked))).await;
}

/// Makes a page of an answer, and tells whether it is the last of its list.
///
/// The first page and short ones are counted exactly. A page at least half as long as the first is taken for full and
/// only its end is read: if it was not full, the page after it is empty, which costs one small request.
pub(crate) fn page_of(
    answer: Answer,
    listing: &Listing,
    after: Option<&str>,
    first_n_bytes: Option<usize>,
) -> Result<(Page, bool), Error> {
    let asked = listing.question(None).asked();
    let failed = |kind| Error::new(kind, asked.as_str());
    let n_max = listing.n_max as usize;
    let presumed_full = first_n_bytes.is_some_and(|first| answer.body.len() >= first / 2);
    let quick = if presumed_full { last_id(&answer.body) } else { None };
    let (last, is_last) = match quick {
        Some(last) => (Some(last), false),
        None => {
            let counted = records(&answer.body, Rules::default(), |_: &mut Keyed<'_>| {}).map_err(failed)?;
            if counted.n_records > n_max {
                return Err(failed(Kind::PageOrder { reason: OrderRule::Limit }));
            }
            let is_last = counted.n_records < n_max;
            (counted.last_id, is_last)
        }
    };
    if let (Some(last), Some(after)) = (last.as_deref(), after)
        && last <= after
    {
        return Err(failed(Kind::PageOrder { reason: OrderRule::NextPage }));
    }
    let page = Page { body: answer.body, date: answer.date, asked, after: after.map(str::to_owned), last, n_max };
    Ok((page, is_last))
}

/// The id of the last record, read from the end of the bytes; none when that end is not plainly one of a list.
fn last_id(body: &[u8]) -> Option<String> {
    let list = body.trim_ascii_end().strip_suffix(b"]")?.trim_ascii_end();
    if list.last() != Some(&b'}') {
        return None;
    }
    let mut depth = 0_usize;
    let mut in_string = false;
    for (at, byte) in list.iter().enumerate().rev() {
        match byte {
            b'"' if !is_escaped(list, at) => in_string = !in_string,
            _ if in_string => {}
            b'}' | b']' => depth += 1,
            b'{' | b'[' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let record: Keyed<'_> = serde_json::from_slice(&list[at..]).ok()?;
                    return record.id().map(str::to_owned);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the quote belongs to the text: an odd number of backslashes stands before it.
fn is_escaped(json: &[u8], quote: usize) -> bool {
    let n_backslashes = json[..quote].iter().rev().take_while(|byte| **byte == b'\\').count();
    n_backslashes % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_id_is_read_from_the_end() {
        let last = |body: &str| last_id(body.as_bytes());
        assert_eq!(last(r#"[{"id":"a"},{"x":{"id":"no"},"id":"b","y":[{"id":"no"}]}]"#).as_deref(), Some("b"));
        assert_eq!(last("[{\"id\":\"a\"}] \n").as_deref(), Some("a"));
        assert_eq!(last(r#"[{"id":"a","x":"}]{[\"{"},{"t":"\\","id":"é\"","u":"\\\"]}"}]"#).as_deref(), Some("é\""));
    }

    #[test]
    fn an_uncertain_end_is_not_guessed() {
        for body in [
            "",
            "[]",
            "[1]",
            "[[]]",
            r#"[{"x":1}]"#,
            r#"[{"id":1}]"#,
            r#"[{"id":"a"}"#,
            r#"{"id":"a"}"#,
            r#"[{"id":"a]}]"#,
            "}]",
        ] {
            assert_eq!(last_id(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_page_must_end_with_the_id_that_the_next_was_asked_after() {
        let page = |last: &str| Page {
            body: Bytes::from_static(br#"[{"id":"b"},{"id":"c"}]"#),
            date: None,
            asked: "GET /x".to_owned(),
            after: Some("a".to_owned()),
            last: Some(last.to_owned()),
            n_max: 2,
        };
        assert!(page("c").decode(|_: &mut Keyed<'_>| {}).is_ok());
        let error = page("d").decode(|_: &mut Keyed<'_>| {}).unwrap_err();
        assert_eq!(*error.kind(), Kind::PageOrder { reason: OrderRule::LastId });
    }
}
