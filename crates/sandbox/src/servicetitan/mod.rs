//! ServiceTitan.
