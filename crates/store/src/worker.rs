//! A thread that owns one database connection and does jobs on it, with greedy group commit.
//!
//! The thread takes whatever is queued (at most [`GROUP_MAX`]), does it in one transaction, commits, and answers all:
//! under load the flush to the disk is shared, and a lone job waits for nobody. There is no timer. When a job of a group
//! fails, the group is rolled back and each job is done again in a transaction of its own, so that a bad job harms no
//! other. A job must therefore be repeatable: it only reads what it captured.
//!
//! Webhook deliveries come by the thousand and want no more than a row each, so the ones of a group are written at once.

use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::deliveries::{self, Received, Sealed};
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
    Delivery(Delivered),
    Close(oneshot::Sender<()>),
}

type Reply<T> = oneshot::Sender<Result<T>>;

/// A delivery, and who waits for it to be durable.
struct Delivered {
    sealed: Sealed,
    reply: Reply<Received>,
}

trait Job: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Result<()>;

    /// Answers the caller: with the value of the last run, which was committed, or with an error.
    fn finish(self: Box<Self>, result: Result<()>);
}

struct Call<F, T> {
    work: F,
    value: Option<T>,
    reply: Reply<T>,
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
        self.ask(operation, |reply| {
            Message::Job(Box::new(Call {
                work,
                value: None,
                reply,
            }))
        })
        .await
    }

    /// Writes a delivery; returns after its commit.
    pub(crate) async fn deliver(
        &self,
        operation: &'static str,
        sealed: Sealed,
    ) -> Result<Received> {
        self.ask(operation, |reply| {
            Message::Delivery(Delivered { sealed, reply })
        })
        .await
    }

    async fn ask<T>(
        &self,
        operation: &'static str,
        message: impl FnOnce(Reply<T>) -> Message,
    ) -> Result<T> {
        let closed = || Error::new(operation, ErrorKind::Closed);
        let (reply, answer) = oneshot::channel();
        self.queue
            .send(message(reply))
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

/// What is done in one transaction.
#[derive(Default)]
struct Group {
    jobs: Vec<Box<dyn Job>>,
    deliveries: Vec<Delivered>,
}

fn work(mut database: Database, mut queue: mpsc::Receiver<Message>) {
    let mut group = Group::default();
    while let Some(first) = queue.blocking_recv() {
        let mut closing = None;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Job(job) => group.jobs.push(job),
                Message::Delivery(delivered) => group.deliveries.push(delivered),
                Message::Close(reply) => {
                    closing = Some(reply);
                    break;
                }
            }
            next = if group.len() < GROUP_MAX {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        group.run(&mut database);
        if let Some(reply) = closing {
            // Whoever waits for the end may open or delete the file next.
            drop(database);
            let _caller_gone = reply.send(());
            return;
        }
    }
}

impl Group {
    fn len(&self) -> usize {
        self.jobs.len() + self.deliveries.len()
    }

    /// Does what is in it, answers, and is empty again.
    fn run(&mut self, database: &mut Database) {
        if self.len() == 0 {
            return;
        }
        match self.run_together(database) {
            Ok(received) => self.finish(Ok(received)),
            Err(error) if self.len() == 1 || !error.is_of_a_job() => self.finish(Err(error)),
            Err(_one_is_bad) => {
                for mut alone in self.take_apart() {
                    let result = alone.run_together(database);
                    alone.finish(result);
                }
            }
        }
    }

    /// Does it in one transaction; when the connection was lost, again on a new one. Says what came of each delivery.
    fn run_together(&mut self, database: &mut Database) -> Result<Vec<Received>> {
        let mut result = self.run_once(database);
        for _rerun in 0..RERUNS_MAX {
            match &result {
                Err(error) if *error.kind() == ErrorKind::Unavailable => {
                    tracing::warn!(error = %error, "the database's connection was lost; trying again");
                    result = self.run_once(database);
                }
                _ => break,
            }
        }
        result
    }

    fn run_once(&mut self, database: &mut Database) -> Result<Vec<Received>> {
        database.begin()?;
        match self.run_inside(&mut Tx::of(database)) {
            Ok(received) => database.commit().map(|()| received),
            Err(error) => {
                database.rollback();
                Err(error)
            }
        }
    }

    fn run_inside(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Received>> {
        for job in &mut self.jobs {
            job.run(tx)?;
        }
        if self.deliveries.is_empty() {
            return Ok(Vec::new());
        }
        deliveries::write(
            tx,
            self.deliveries.iter().map(|delivered| &delivered.sealed),
        )
    }

    fn finish(&mut self, result: Result<Vec<Received>>) {
        for job in self.jobs.drain(..) {
            job.finish(result.as_ref().map(drop).map_err(Error::clone));
        }
        let mut received = result.map(Vec::into_iter);
        for delivered in self.deliveries.drain(..) {
            let answer = match &mut received {
                Ok(received) => Ok(received.next().expect("an answer for each delivery")),
                Err(error) => Err(error.clone()),
            };
            // The sender hung up; it will send again, and then this is a duplicate.
            let _caller_gone = delivered.reply.send(answer);
        }
    }

    /// Each job and each delivery as a group of its own.
    fn take_apart(&mut self) -> Vec<Self> {
        let jobs = self.jobs.drain(..).map(|job| Self {
            jobs: vec![job],
            deliveries: Vec::new(),
        });
        let deliveries = self.deliveries.drain(..).map(|delivered| Self {
            jobs: Vec::new(),
            deliveries: vec![delivered],
        });
        jobs.chain(deliveries).collect()
    }
}
