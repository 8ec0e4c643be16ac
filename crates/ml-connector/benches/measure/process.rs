//! What the operating system says about a process: memory now and at most, processor time.

use std::fs;
use std::time::Duration;

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
