//! A thread that owns one database connection and does jobs on it, with greedy group commit.
//!
//! The thread takes whatever is queued (at most [`GROUP_MAX`]), does it in one transaction, commits, and answers all:
//! under load the flush to the disk is shared, and a lone job waits for nobody. There is no timer. When a job of a group
//! fails, the group is rolled back and each job is done again in a transaction of its own, so that a bad job harms no
//! other. A job must therefore be repeatable: it only reads what it captured.

use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::dialect::{Database, Role};
use crate::tx::Tx;
use crate::url::Address;
use crate::{Error, ErrorKind, Result};

/// Jobs that share a commit at most.
const GROUP_MAX: usize = 256;

/// Jobs that may wait; further callers wait for a place.
const QUEUE_MAX: usize = 1_024;

/// Times that a job is done again because the connection to the database was lost.
const RERUNS_MAX: usize = 2;

/// The queue of a thread. When the last clone is dropped, the thread ends after its last job.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Job(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

trait Job: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;

    /// Answers the caller: with the value of the last run, which was committed, or with an error.
    fn finish(self: Box<Self>, result: Result<()>);
}

struct Call<F, T> {
    work: F,
    value: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Job for Call<F, T>
where
    F: Fn(&mut Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()> {
        self.value = Some((self.work)(tx)?);
        Ok(())
    }

    fn finish(self: Box<Self>, result: Result<()>) {
        let Self { value, reply, .. } = *self;
        let answer = result.map(|()| value.expect("a committed job has run"));
        // A caller that stopped waiting (a closed HTTP connection) is no reason to undo anything.
        let _caller_gone = reply.send(answer);
    }
}

impl Worker {
    /// Opens a connection and starts its thread. Blocks while it connects.
    pub(crate) fn start(address: &Address, role: Role) -> Result<Self> {
        let database = Database::open(address, role)?;
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let name = match role {
            Role::Writer => "store-writer",
            Role::Reader => "store-reader",
        };
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(database, jobs))
            .map_err(|cause| Error::caused("start a thread", ErrorKind::Unavailable, cause))?;
        Ok(Self { queue })
    }

    /// Does a job; returns after its commit.
    pub(crate) async fn call<T, F>(&self, operation: &'static str, work: F) -> Result<T>
    where
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || Error::new(operation, ErrorKind::Closed);
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Call {
            work,
            value: None,
            reply,
        });
        self.queue
            .send(Message::Job(job))
            .await
            .map_err(|_ended| closed())?;
        answer
            .await
            .map_err(|_ended| closed())?
            .map_err(|error| error.during(operation))
    }

    /// Ends the thread after the jobs that are queued; returns when its connection is closed, and `false` when the
    /// thread had ended before.
    pub(crate) async fn close(&self) -> bool {
        let (reply, closed) = oneshot::channel();
        self.queue.send(Message::Close(reply)).await.is_ok() && closed.await.is_ok()
    }
}

fn work(mut database: Database, mut jobs: mpsc::Receiver<Message>) {
    let mut group = Vec::with_capacity(GROUP_MAX);
    while let Some(first) = jobs.blocking_recv() {
        let mut closing = None;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => group.push(job),
                Message::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
            next = if group.len() < GROUP_MAX {
                jobs.try_recv().ok()
            } else {
                None
            };
        }
        run_group(&mut database, &mut group);
        if let Some(reply) = closing {
            // Whoever waits for the end may open or delete the file next.
            drop(database);
            let _caller_gone = reply.send(());
            return;
        }
    }
}

fn run_group(database: &mut Database, group: &mut Vec<Box<dyn Job>>) {
    if group.is_empty() {
        return;
    }
    match run_together(database, group) {
        Ok(()) => finish_all(group, &Ok(())),
        Err(error) if group.len() == 1 || !error.is_of_a_job() => finish_all(group, &Err(error)),
        Err(_one_is_bad) => {
            for mut job in group.drain(..) {
                let result = run_together(database, std::slice::from_mut(&mut job));
                job.finish(result);
            }
        }
    }
}

/// Does the jobs in one transaction; when the connection was lost, again on a new one.
fn run_together(database: &mut Database, jobs: &mut [Box<dyn Job>]) -> Result<()> {
    let mut result = run_once(database, jobs);
    for _rerun in 0..RERUNS_MAX {
        match &result {
            Err(error) if *error.kind() == ErrorKind::Unavailable => {
                tracing::warn!(error = %error, "the database's connection was lost; trying again");
                result = run_once(database, jobs);
            }
            _ => break,
        }
    }
    result
}

fn run_once(database: &mut Database, jobs: &mut [Box<dyn Job>]) -> Result<()> {
    database.begin()?;
    for job in jobs {
        if let Err(error) = job.run(&mut Tx::of(database)) {
            database.rollback();
            return Err(error);
        }
    }
    database.commit()
}

fn finish_all(group: &mut Vec<Box<dyn Job>>, result: &Result<()>) {
    for job in group.drain(..) {
        job.finish(result.clone());
    }
}
