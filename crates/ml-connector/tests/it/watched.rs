//! A command of the connector whose steps are watched from outside, so that it can be killed at one of them.

use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::rig::{Ran, Rig};

/// The longest that a command may take to its next step, or to its end.
const PATIENCE: Duration = Duration::from_mins(4);

pub(crate) struct Watched {
    child: Child,
    steps: UnboundedReceiver<String>,
    log: Arc<Mutex<String>>,
    last: Option<String>,
}

impl Watched {
    /// Starts a command that tells its steps.
    pub(crate) fn start(rig: &Rig, arguments: &[&str]) -> Self {
        let mut command = rig.command(arguments);
        command.env("RUST_LOG", "info,ml_connector::step=trace");
        // What it prints is not of interest; a pipe that nobody reads could stop it.
        command.stdout(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let (tell, steps) = unbounded_channel();
        let log = Arc::new(Mutex::new(String::new()));
        let said = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(step) = step(&line) {
                    // Nobody listens any more once it was killed.
                    let _ = tell.send(step);
                } else {
                    let mut said = said.lock().expect("unpoisoned");
                    said.push_str(&line);
                    said.push('\n');
                }
            }
        });
        Self {
            child,
            steps,
            log,
            last: None,
        }
    }

    /// Kills it when it has come so many steps in Odoo's direction, or at its end.
    pub(crate) async fn kill_after(mut self, wanted: usize) {
        let mut steps = 0;
        while steps < wanted {
            let Some(step) = self.next().await else { break };
            steps += usize::from(step.starts_with("apply") || step.starts_with("record"));
        }
        self.kill().await;
    }

    /// The next step that it reaches; `None` when it has ended.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let next = tokio::time::timeout(PATIENCE, self.steps.recv()).await;
        let step = next.unwrap_or_else(|_| panic!("it neither goes on nor ends:\n{}", self.log()));
        if step.is_some() {
            self.last.clone_from(&step);
        }
        step
    }

    /// Waits until it reaches this step for the `n`th time from now; false when it ends before.
    pub(crate) async fn reach(&mut self, wanted: &str, n: usize) -> bool {
        let mut seen = 0;
        while seen < n {
            match self.next().await {
                None => return false,
                Some(step) => seen += usize::from(step == wanted),
            }
        }
        true
    }

    /// Kills it as a power failure would. Gives the last step that it reached.
    pub(crate) async fn kill(mut self) -> Option<String> {
        self.child.kill().await.expect("it can be killed");
        while self.next().await.is_some() {}
        self.last
    }

    /// Waits until it ends by itself.
    pub(crate) async fn end(mut self) -> Ran {
        while self.next().await.is_some() {}
        let status = tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .expect("it ends in time")
            .expect("it ended");
        Ran {
            code: status.code(),
            out: String::new(),
            err: self.log(),
        }
    }

    fn log(&self) -> String {
        self.log.lock().expect("unpoisoned").clone()
    }
}

/// `2026-11-23T09:00:00Z TRACE step observe: fetched count=500` tells the step `observe: fetched`.
fn step(line: &str) -> Option<String> {
    let (_, step) = line.split_once(" TRACE step ")?;
    let (step, _) = step.split_once(" count=").unwrap_or((step, ""));
    Some(step.to_owned())
}
