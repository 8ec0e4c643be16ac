//! A process as the operating system sees it: how long it ran, memory now and at most, processor time.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::Command;

/// A command that ran to its end.
pub(crate) struct Run {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) memory_max_mb: f64,
    pub(crate) memory_by_tenth: Vec<f64>,
    pub(crate) summary: Value,
}

/// Runs a command that has to succeed, and watches it from outside.
pub(crate) async fn run(mut command: Command) -> Run {
    let started = Instant::now();
    let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
    let pid = child.id().expect("it runs");
    let mut output = child.stdout.take().expect("piped");
    let reading = tokio::spawn(async move {
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut output, &mut text)
            .await
            .expect("text");
        text
    });
    let (mut cpu, mut memory_max_mb, mut samples) = (Duration::ZERO, 0.0_f64, Vec::new());
    loop {
        tokio::select! {
            status = child.wait() => {
                assert!(status.expect("it ended").success(), "the run failed");
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => {
                cpu = cpu.max(self::cpu(pid));
                memory_max_mb = memory_max_mb.max(resident_max_mb(pid));
                samples.push(resident_mb(pid));
            }
        }
    }
    let wall = started.elapsed();
    let step = samples.len().div_ceil(10).max(1);
    let memory_by_tenth = samples
        .chunks(step)
        .map(|tenth| tenth.iter().copied().fold(0.0, f64::max))
        .collect();
    let summary = serde_json::from_str(&reading.await.expect("read")).expect("a summary");
    Run {
        wall,
        cpu,
        memory_max_mb,
        memory_by_tenth,
        summary,
    }
}

/// Resident memory now, in megabytes (10^6 bytes).
pub(crate) fn resident_mb(pid: u32) -> f64 {
    status(pid, "VmRSS:")
}

/// The most resident memory up to now, in megabytes.
pub(crate) fn resident_max_mb(pid: u32) -> f64 {
    status(pid, "VmHWM:")
}

fn status(pid: u32, field: &str) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default();
    kib * 1024.0 / 1e6
}

/// User and system time of a process that still runs, or of its waited-for children.
pub(crate) fn cpu(pid: u32) -> Duration {
    const TICKS_PER_SECOND: f64 = 100.0;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<f64> = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|f| f.parse().ok())
        .collect();
    Duration::from_secs_f64(fields.iter().sum::<f64>() / TICKS_PER_SECOND)
}
