//! A cadence.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

/// How often a source is asked: `"60s"`, `"10m"`, `"1h"`, or `"off"` (webhooks and replay only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Only webhooks, replay and `sync`.
    Off,
    /// At this pace, in whole seconds.
    Period(Duration),
}

const PERIOD_S_MIN: u64 = 5;
const PERIOD_S_MAX: u64 = 24 * 60 * 60;

impl Default for Every {
    fn default() -> Self {
        Self::Period(Duration::from_mins(1))
    }
}

impl std::fmt::Display for Every {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Period(period) => write!(f, "{}s", period.as_secs()),
        }
    }
}

impl std::str::FromStr for Every {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let wrong = || format!("`{text}` is no cadence: write \"60s\", \"10m\", \"1h\" or \"off\"");
        let unit = text.chars().last().with_context(wrong)?;
        let number: u64 = text[..text.len() - unit.len_utf8()]
            .parse()
            .with_context(wrong)?;
        let seconds = match unit {
            's' => Some(number),
            'm' => number.checked_mul(60),
            'h' => number.checked_mul(60 * 60),
            _ => None,
        };
        let seconds = seconds.with_context(wrong)?;
        if !(PERIOD_S_MIN..=PERIOD_S_MAX).contains(&seconds) {
            bail!("`{text}` is out of range: between {PERIOD_S_MIN} seconds and a day");
        }
        Ok(Self::Period(Duration::from_secs(seconds)))
    }
}

impl Serialize for Every {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Every {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
