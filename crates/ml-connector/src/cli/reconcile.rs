//! `reconcile`: the documents of a period on both sides, and every difference with its cause.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use ::sync::failure::{Blame, Verdict, of_odoo, of_servicetitan};
use ::sync::flow::Flow;
use ::sync::reconcile::{Kind, Period};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use rand::RngExt as _;
use store::connections::Connection;

use super::{Exit, open, output, selected};
use crate::connection::Profile;
use crate::engine::supervisor::{Mode, Shared};
use crate::engine::vendors::{self, Http, Vendors};
use crate::reconcile::{self, Asked, Failure, Format, Part, Statement};
use crate::settings::Settings;

/// The flows of bills; the first one has those of purchase orders.
const OF_BILLS: [Flow; 2] = [Flow::Bills, Flow::ApBills];

/// The flows of credits; the first one has those of returns.
const OF_CREDITS: [Flow; 2] = [Flow::VendorCredits, Flow::ApCredits];

#[derive(Debug, Args)]
pub(super) struct Reconcile {
    /// A month, e.g. 2026-10, or days, e.g. 2026-10-01..2026-10-15. Days are those of UTC.
    #[arg(long, value_name = "PERIOD")]
    period: Period,
    /// The connection to compare; all of them when absent.
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Only these: purchase-orders, receipts, bills, vendor-credits, invoices, credit-notes, payments, refunds; may be
    /// given several times. Those whose flow is on when absent.
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
    /// table, csv, xlsx or json; what the file's name ends in, else a table, when absent.
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Where to write it, instead of to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
    /// As JSON: the same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

impl Reconcile {
    pub(super) async fn run(self, settings: &Settings) -> Result<Exit> {
        let format = self.format()?;
        if let Some(file) = &self.output {
            self.may_write(file)?;
        }
        let (store, clock) = open(settings).await?;
        let public_url = settings.public_url.clone();
        let shared = Shared::new(store, Http::new()?, clock, public_url, Mode::PassesOnly);
        let connections = selected(&shared.store, self.connection.as_deref()).await?;
        if connections.is_empty() {
            bail!("there is no connection yet: `ml-connector connection add FILE` adds one");
        }
        let mut statement = Statement {
            period: self.period,
            read_at: shared.clock.now(),
            parts: Vec::new(),
            left_out: Vec::new(),
        };
        for connection in &connections {
            match self.part(&shared, connection).await? {
                Some(part) => statement.parts.push(part),
                None => statement.left_out.push(connection.name.clone()),
            }
        }
        shared.store.clone().close().await?;
        self.tell(&statement, format)?;
        Ok(if !statement.left_out.is_empty() {
            Exit::Vendor
        } else if statement.is_equal() {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }

    fn format(&self) -> Result<Format> {
        let of_file = self.output.as_deref().and_then(Format::of_file);
        let format = if self.json {
            Format::Json
        } else {
            self.format.or(of_file).unwrap_or(Format::Table)
        };
        if format == Format::Xlsx && self.output.is_none() {
            bail!("a workbook goes into a file: name one with --output");
        }
        Ok(format)
    }

    /// Before anything is read: it takes its time.
    fn may_write(&self, file: &Path) -> Result<()> {
        if file.is_dir() {
            bail!("{} is a folder", file.display());
        }
        if file.exists() && !self.force {
            bail!(
                "{} is there already; --force writes over it",
                file.display()
            );
        }
        let folder = folder(file);
        if !folder.is_dir() {
            bail!("there is no folder {}", folder.display());
        }
        Ok(())
    }

    /// One connection's comparison; `None`, and said why, when one of its systems is out of reach or refuses.
    async fn part(&self, shared: &Shared, connection: &Connection) -> Result<Option<Part>> {
        let name = &connection.name;
        let profile: Profile = serde_json::from_value(connection.settings.clone()).context(
            "the stored settings cannot be read; run `ml-connector connection set FILE`",
        )?;
        let asked = self.asked(&profile)?;
        let compared = match self.vendors(shared, connection, &profile).await? {
            Ok(vendors) => reconcile::run(&vendors, &asked).await,
            Err(failure) => Err(failure),
        };
        let verdict = match compared {
            Ok(compared) => {
                return Ok(Some(Part {
                    connection: name.clone(),
                    kinds: asked.kinds.into_iter().collect(),
                    compared,
                }));
            }
            Err(Failure::ServiceTitan(error)) => of_servicetitan(&error),
            Err(Failure::Odoo(error)) => of_odoo(&error),
            Err(Failure::TooMany) => bail!("{name}: {}", Failure::TooMany),
        };
        let (is_out, reason) = match verdict {
            // Credentials, rights and outages: nothing can be read before somebody mends it.
            Verdict::Retry(Blame::Vendor(_), reason)
            | Verdict::Hold(reason)
            | Verdict::Pause(reason) => (true, reason),
            Verdict::Retry(Blame::Record, reason)
            | Verdict::Park(reason)
            | Verdict::Decide(reason) => (false, reason),
        };
        if !is_out {
            bail!("{name}: {} {}", reason.what, reason.advice);
        }
        output::complain(&format!("{name}: {}\n  {}", reason.what, reason.advice));
        Ok(None)
    }

    /// What is carried, or what was asked for. What only comes on demand is not compared: the rest of it would be missing.
    fn asked(&self, profile: &Profile) -> Result<Asked> {
        let is_on = |flow: &Flow| profile.flow(*flow).is_some();
        let carried = |kind: &Kind| match kind {
            Kind::PurchaseOrders => is_on(&Flow::PurchaseOrders),
            Kind::Receipts => is_on(&Flow::Receipts),
            Kind::Bills => OF_BILLS.iter().any(is_on),
            Kind::Credits => OF_CREDITS.iter().any(is_on),
            Kind::Invoices | Kind::CreditNotes => is_on(&Flow::Invoices),
            Kind::Payments | Kind::Refunds => is_on(&Flow::Payments),
        };
        // What is asked for without being carried: bills of purchase orders, credits of returns.
        let of = |flows: [Flow; 2]| {
            let on: Vec<Flow> = flows.into_iter().filter(is_on).collect();
            if on.is_empty() { vec![flows[0]] } else { on }
        };
        let mut kinds: BTreeSet<Kind> = self.kinds.iter().copied().collect();
        if kinds.is_empty() {
            kinds = Kind::ALL.into_iter().filter(carried).collect();
        }
        if kinds.is_empty() {
            bail!(
                "no flow of documents is on in connection {}: turn one on in its file, e.g. \
                 [flows.purchase-orders], or name what to compare with --kind",
                profile.name
            );
        }
        Ok(Asked {
            period: self.period,
            kinds,
            of_flows: [OF_BILLS, OF_CREDITS].into_iter().flat_map(of).collect(),
            leaves_orders: profile.leaves_orders(),
            bills: profile.bills(),
            invoices: profile.invoices(),
            payments: profile.payments(),
        })
    }

    async fn vendors(
        &self,
        shared: &Shared,
        connection: &Connection,
        profile: &Profile,
    ) -> Result<Result<Vendors, Failure>> {
        let secrets = shared.store.secrets(connection.id).await?;
        let pacer = shared.pacers.of(profile, &secrets);
        let seed = || shared.clock.rng().random();
        let titan = vendors::servicetitan(&shared.http, profile, &secrets, pacer, seed())?;
        let odoo = vendors::odoo(&shared.http, profile, &secrets, seed()).await?;
        Ok(odoo.map_err(Failure::Odoo).map(|odoo| Vendors {
            servicetitan: titan,
            odoo,
            module: profile.external_module(),
        }))
    }

    fn tell(&self, statement: &Statement, format: Format) -> Result<()> {
        let bytes = statement.render(format)?;
        let Some(file) = &self.output else {
            output::line(String::from_utf8_lossy(&bytes).trim_end());
            return Ok(());
        };
        // Whole or not at all, and nobody's file is lost to a race.
        let failed = || format!("cannot write {}", file.display());
        let mut written = tempfile::NamedTempFile::new_in(folder(file)).with_context(failed)?;
        written.write_all(&bytes).with_context(failed)?;
        if self.force {
            written.persist(file).with_context(failed)?;
        } else {
            written.persist_noclobber(file).with_context(failed)?;
        }
        for part in &statement.parts {
            let certificate = part.compared.report.certificate();
            output::note(&format!("{}: {certificate}", part.connection));
        }
        Ok(())
    }
}

/// The folder of a file.
fn folder(file: &Path) -> &Path {
    let parent = file.parent().filter(|folder| *folder != Path::new(""));
    parent.unwrap_or(Path::new("."))
}
