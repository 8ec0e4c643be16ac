//! Closed periods: what is booked in one waits, or, where the connection says so, is booked on the first day that is open.
//!
//! The lock dates are read before each batch. What is in the books already is never moved to another day because its period
//! was closed meanwhile, and an entry of a closed period is never touched.

use jiff::ToSpan as _;
use jiff::civil::Date;
use sync::content::Content;
use sync::failure::{self, Verdict};
use sync::link::{BOOKED, Link};
use sync::plan::{ClosedPeriod, Goal, Verb, Write};

use super::Deeds;
use crate::engine::batch::{Carrier, Interruption, Progress};

/// Until when the books are closed, and Odoo's field that says so.
type Lock = (Date, &'static str);

impl Carrier {
    /// Stops what would be booked in a locked period, or finds another day for it.
    pub(super) async fn heed_locks(&self, progress: &mut [Progress]) -> Result<(), Interruption> {
        let locks = self.odoo.lock_dates().await?;
        let locks = locks.unwrap_or_default();
        for one in progress.iter_mut().filter(|one| one.failed.is_none()) {
            let deeds = Deeds::of(&one.job.writes);
            let lock = if deeds.is_of_customer() {
                locks.of_sales(!deeds.tax.amount.is_zero())
            } else {
                locks.of_purchases(false)
            };
            one.heed(lock);
        }
        Ok(())
    }
}

impl Progress {
    fn heed(&mut self, lock: Option<Lock>) {
        let deeds = Deeds::of(&self.job.writes);
        // A draft binds nobody, unless it leaves the books for it.
        if deeds.goal == Goal::Draft && !self.takes_back(&deeds) {
            return;
        }
        let goes_on = deeds.closed == ClosedPeriod::NextOpen && deeds.goal == Goal::Posted;
        let is_only_brought = !deeds.changes();
        let name = deeds.reach.name.clone();
        let Some(said) = day(&deeds.reach.holds, "date") else {
            return;
        };
        let mut links = self.job.due.links.iter();
        let known = links.find(|link| link.name == name);
        let stands = known.and_then(booked);
        let wanted = match stands {
            // It stays where it is unless its own date changed.
            Some((own, stands)) if own == said || is_locked(lock, stands) => stands,
            _ => said,
        };
        let Some((until, field)) = lock.filter(|_| is_locked(lock, wanted)) else {
            if wanted != said {
                self.book_on(said, wanted, is_only_brought);
            }
            return;
        };
        let next = until.checked_add(1.day()).ok();
        let may_go_on = goes_on && stands.is_none_or(|(_, stands)| !is_locked(lock, stands));
        if let Some(next) = next.filter(|_| may_go_on) {
            self.book_on(said, next, false);
        } else {
            let reason = failure::period_locked(wanted, until, field);
            self.failed = Some(Verdict::Decide(reason));
        }
    }

    /// Its accounting date becomes this day. `is_there`: in Odoo it is already.
    fn book_on(&mut self, said: Date, day: Date, is_there: bool) {
        let day = day.to_string();
        let deeds = Deeds::of(&self.job.writes);
        let has_header = deeds.header.is_some();
        let reach = deeds.reach.clone();
        let booked = Content::from_iter([(BOOKED, day.as_str())]);
        let of_document = |write: &&mut Write| write.name == reach.name;
        for write in self.job.writes.iter_mut().filter(of_document) {
            write.holds = write.holds.overlaid(&booked);
            if let Verb::Create { columns } | Verb::Update { columns, .. } = &mut write.verb {
                columns.set("date", day.as_str());
            }
        }
        if !has_header && !is_there {
            let dated = Write {
                verb: Verb::Update {
                    target: self.targets[&reach.name],
                    columns: Content::from_iter([("date", day.as_str())]),
                },
                holds: reach.holds.overlaid(&booked),
                ..reach
            };
            self.job.writes.insert(0, dated);
        }
        let warning = failure::booked_later(&said.to_string(), &day);
        if !self.job.warnings.contains(&warning) {
            self.notes.push(warning);
        }
    }
}

fn is_locked(lock: Option<Lock>, day: Date) -> bool {
    lock.is_some_and(|(until, _)| day <= until)
}

fn day(content: &Content, column: &str) -> Option<Date> {
    content.get(column)?.parse().ok()
}

/// Of a bill in the books: its own date, and the day on which it is booked.
fn booked(link: &Link) -> Option<(Date, Date)> {
    let is_posted = link.reached() == Some(Goal::Posted.as_str());
    let own = day(&link.base, "date").filter(|_| is_posted)?;
    Some((own, day(&link.base, BOOKED).unwrap_or(own)))
}
