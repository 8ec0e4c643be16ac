//! Documents, read whole: see [`crate::document`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Client, Pages};
use crate::context::Context;
use crate::document::{
    Bill, BillLine, FieldError, FieldNames, Order, OrderLine, SaleLine, SaleOrder, Task, Transfer,
    TransferMove,
};
use crate::domain::Domain;
use crate::error::{Error, ErrorKind};
use crate::record::{Model, RecordId};
use crate::{Fields, Result};

/// The most documents whose lines are asked for in one search.
pub const DOCUMENTS_MAX: usize = 100;

impl Client {
    /// The purchase orders with these ids, with their lines, in the ids' order. Those that are gone are
    /// left out.
    ///
    /// Head and lines are read by different calls: a change in between shows in one and not in the
    /// other. Read again where it matters.
    pub async fn orders(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Order>> {
        let documents = Documents {
            head: Model::PURCHASE_ORDER,
            line: Model::PURCHASE_ORDER_LINE,
            parent: "order_id",
            head_fields: Order::fields,
            line_fields: OrderLine::fields,
            read_head: Order::read,
            read_line: OrderLine::read,
            add: |order, line| order.lines.push(line),
            id: |order| order.id,
            parent_of: |line| line.order,
        };
        self.documents(ids, &documents, context).await
    }

    /// The bills (and other journal entries) with these ids, with all their items; as [`Client::orders`].
    pub async fn bills(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Bill>> {
        let documents = Documents {
            head: Model::MOVE,
            line: Model::MOVE_LINE,
            parent: "move_id",
            head_fields: Bill::fields,
            line_fields: BillLine::fields,
            read_head: Bill::read,
            read_line: BillLine::read,
            add: |bill, line| bill.lines.push(line),
            id: |bill| bill.id,
            parent_of: |line| line.bill,
        };
        self.documents(ids, &documents, context).await
    }

    /// The bills (and other journal entries) with these ids, without their items, in the ids' order. Those that are gone
    /// are left out.
    pub async fn bill_heads(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Bill>> {
        let fields = Bill::fields(&*self.field_names(&Model::MOVE).await?);
        let heads = self.read(&Model::MOVE, ids, &fields, context).await?;
        heads.iter().map(head).collect()
    }

    /// The bills (and other journal entries) that match, without their items, in the order of their ids.
    pub async fn bill_heads_where(&self, domain: Domain, context: &Context) -> Result<Vec<Bill>> {
        let fields = Bill::fields(&*self.field_names(&Model::MOVE).await?);
        let mut pages = self.pages(&Model::MOVE, domain, &fields, context);
        let mut found = Vec::new();
        while let Some(page) = pages.next().await? {
            for record in &page {
                found.push(head(record)?);
            }
        }
        Ok(found)
    }

    /// The sale orders with these ids, with their lines; as [`Client::orders`].
    pub async fn sale_orders(&self, ids: &[RecordId], context: &Context) -> Result<Vec<SaleOrder>> {
        let documents = Documents {
            head: Model::SALE_ORDER,
            line: Model::SALE_ORDER_LINE,
            parent: "order_id",
            head_fields: SaleOrder::fields,
            line_fields: SaleLine::fields,
            read_head: SaleOrder::read,
            read_line: SaleLine::read,
            add: |order, line| order.lines.push(line),
            id: |order| order.id,
            parent_of: |line| line.order,
        };
        self.documents(ids, &documents, context).await
    }

    /// The tasks with these ids, in their order. Those that are gone are left out; archived ones are not.
    pub async fn tasks(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Task>> {
        let fields = Task::fields(&*self.field_names(&Model::TASK).await?);
        let found = self.read(&Model::TASK, ids, &fields, context).await?;
        let read = |record| Task::read(record).map_err(|error| misshapen(&Model::TASK, &error));
        found.iter().map(read).collect()
    }

    /// The transfers with these ids, with their moves; as [`Client::orders`].
    pub async fn transfers(&self, ids: &[RecordId], context: &Context) -> Result<Vec<Transfer>> {
        let documents = Documents {
            head: Model::PICKING,
            line: Model::STOCK_MOVE,
            parent: "picking_id",
            head_fields: Transfer::fields,
            line_fields: TransferMove::fields,
            read_head: Transfer::read,
            read_line: TransferMove::read,
            add: |transfer, line| transfer.moves.push(line),
            id: |transfer| transfer.id,
            parent_of: |line| line.transfer,
        };
        self.documents(ids, &documents, context).await
    }

    /// The first of these names that the model has on this server, as far as the user may see: versions
    /// call the same field differently (`tax_ids`, before 19 `taxes_id`).
    ///
    /// A model's fields are asked for once per connection, and remembered.
    pub async fn first_field<'n>(
        &self,
        model: &Model,
        names: &[&'n str],
    ) -> Result<Option<&'n str>> {
        let has = self.field_names(model).await?;
        Ok(names.iter().copied().find(|name| has.contains(*name)))
    }

    pub(super) async fn field_names(&self, model: &Model) -> Result<Arc<FieldNames>> {
        let known = &self.shared.field_names;
        let lock = || {
            known
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        };
        if let Some(names) = lock().get(model) {
            return Ok(names.clone());
        }
        let fields = self.fields_get(model, &[], &["type"]).await?;
        let names: Arc<FieldNames> = Arc::new(fields.into_keys().collect());
        lock().insert(model.clone(), names.clone());
        Ok(names)
    }

    async fn documents<D, L>(
        &self,
        ids: &[RecordId],
        kind: &Documents<D, L>,
        context: &Context,
    ) -> Result<Vec<D>> {
        let head_fields = (kind.head_fields)(&*self.field_names(&kind.head).await?);
        let line_fields = (kind.line_fields)(&*self.field_names(&kind.line).await?);
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(DOCUMENTS_MAX) {
            let heads = self.read(&kind.head, ids, &head_fields, context).await?;
            let mut lines = self.lines(ids, kind, &line_fields, context).await?;
            for head in &heads {
                let mut document =
                    (kind.read_head)(head).map_err(|error| misshapen(&kind.head, &error))?;
                for line in lines.remove(&(kind.id)(&document)).unwrap_or_default() {
                    (kind.add)(&mut document, line);
                }
                found.push(document);
            }
        }
        Ok(found)
    }

    async fn lines<D, L>(
        &self,
        ids: &[RecordId],
        kind: &Documents<D, L>,
        fields: &[&str],
        context: &Context,
    ) -> Result<BTreeMap<RecordId, Vec<L>>> {
        let of_these = Domain::is_in(kind.parent, ids.iter().copied());
        let mut pages: Pages<'_> = self.pages(&kind.line, of_these, fields, context);
        let mut lines: BTreeMap<RecordId, Vec<L>> = BTreeMap::new();
        while let Some(page) = pages.next().await? {
            for record in &page {
                let line =
                    (kind.read_line)(record).map_err(|error| misshapen(&kind.line, &error))?;
                lines.entry((kind.parent_of)(&line)).or_default().push(line);
            }
        }
        Ok(lines)
    }
}

/// What distinguishes one kind of document from another.
struct Documents<D, L> {
    head: Model,
    line: Model,
    /// The line's field that names its document.
    parent: &'static str,
    head_fields: fn(&FieldNames) -> Vec<&'static str>,
    line_fields: fn(&FieldNames) -> Vec<&'static str>,
    read_head: fn(&Fields) -> Result<D, FieldError>,
    read_line: fn(&Fields) -> Result<L, FieldError>,
    add: fn(&mut D, L),
    id: fn(&D) -> RecordId,
    parent_of: fn(&L) -> RecordId,
}

fn head(record: &Fields) -> Result<Bill> {
    Bill::read(record).map_err(|error| misshapen(&Model::MOVE, &error))
}

pub(super) fn misshapen(model: &Model, error: &FieldError) -> Error {
    Error::new(
        format!("{model} read"),
        ErrorKind::Unreadable,
        error.to_string(),
    )
}
