//! What a job sees of the database: statements inside the running transaction.

use crate::dialect::Database;
use crate::row::{Param, Row};
use crate::{Error, Result};

/// Rows that one multi-row statement writes at most; a power of two.
const ROWS_PER_STATEMENT: usize = 128;

/// The running transaction. It commits or rolls back after the job.
pub(crate) struct Tx<'a>(&'a mut Database);

impl<'a> Tx<'a> {
    pub(crate) fn of(database: &'a mut Database) -> Self {
        Self(database)
    }

    /// Runs a statement; returns how many rows it touched.
    pub(crate) fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        self.0.execute(sql, params)
    }

    /// Runs a statement once for each of these arguments; returns how many rows it touched each time.
    pub(crate) fn execute_each<'p, const N: usize>(
        &mut self,
        sql: &str,
        rows: impl Iterator<Item = [Param<'p>; N]>,
    ) -> Result<Vec<u64>> {
        self.0.execute_each(sql, rows)
    }

    /// Runs a statement; returns its rows.
    pub(crate) fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        self.0.query(sql, params)
    }

    /// Runs a statement that gives at most one row.
    pub(crate) fn query_opt(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>> {
        Ok(self.0.query(sql, params)?.into_iter().next())
    }

    /// Runs a statement that always gives a row.
    pub(crate) fn query_one(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Row> {
        self.query_opt(sql, params)?
            .ok_or_else(|| Error::corrupt("a statement gave no row"))
    }

    /// Runs several statements without arguments.
    pub(crate) fn run_script(&mut self, sql: &str) -> Result<()> {
        self.0.run_script(sql)
    }

    /// Runs `{head} VALUES (...), (...) {tail}` for all rows, many at a time (a round trip costs more than a row), and
    /// returns what it returns. Every row has the same number of values.
    ///
    /// A statement is written for 128, 64, 32, ... 1 rows, so that only eight texts of each are ever prepared.
    pub(crate) fn insert_rows<const N: usize>(
        &mut self,
        head: &str,
        rows: &[[Param<'_>; N]],
        tail: &str,
    ) -> Result<Vec<Row>> {
        self.insert_rows_with(head, "", rows, tail)
    }

    /// The same, where each row ends with constants: `$1, $2, 'pending', 0`.
    pub(crate) fn insert_rows_with<const N: usize>(
        &mut self,
        head: &str,
        constants: &str,
        rows: &[[Param<'_>; N]],
        tail: &str,
    ) -> Result<Vec<Row>> {
        let mut returned = Vec::new();
        let mut rest = rows;
        while !rest.is_empty() {
            let size = if rest.len() >= ROWS_PER_STATEMENT {
                ROWS_PER_STATEMENT
            } else {
                1 << rest.len().ilog2()
            };
            let (chunk, after) = rest.split_at(size);
            let sql = format!("{head} VALUES {} {tail}", placeholders(size, N, constants));
            returned.extend(self.query(&sql, chunk.as_flattened())?);
            rest = after;
        }
        Ok(returned)
    }
}

/// `($1, $2), ($3, $4)` for two rows of two values and no constants.
fn placeholders(rows: usize, values: usize, constants: &str) -> String {
    let row = |row: usize| {
        let values = (1..=values).map(|value| format!("${}", row * values + value));
        let values = values.chain((!constants.is_empty()).then(|| constants.to_owned()));
        format!("({})", values.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_numbered_across_rows() {
        assert_eq!(placeholders(2, 3, ""), "($1, $2, $3), ($4, $5, $6)");
        assert_eq!(placeholders(2, 1, "'x', 0"), "($1, 'x', 0), ($2, 'x', 0)");
    }
}
