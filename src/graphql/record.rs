//! How records are answered: field by field, and only what has to wait is waited for.
//!
//! The engine makes a task of every field of every object. Most fields of a record are at hand; here each is tried once where
//! it stands, and those that have to wait are waited for together (measured: half of the time of a page of traces with their
//! steps). What is answered is the same; an extension of the engine that looks at fields would not see these, and there is none.

use std::{borrow::Cow, future::poll_fn, pin::Pin, task::Poll};

use async_graphql::{
    ContainerType, ContextSelectionSet, Name, OutputType, Positioned, ServerResult, Value,
    indexmap::IndexMap,
    parser::types::{Field, Selection, SelectionSet},
    registry::Registry,
    resolver_utils::resolve_list,
};
use futures_util::{StreamExt, stream::FuturesUnordered};

/// A record, or what leads to one in a list.
#[derive(Debug, Clone)]
pub(super) struct Record<T>(pub(super) T);

/// A list that a record has.
#[derive(Debug, Clone)]
pub(super) struct Records<T>(pub(super) Vec<T>);

/// The fields of a selection that names each once and has nothing but fields.
fn fields(set: &SelectionSet) -> Option<Vec<&Positioned<Field>>> {
    let mut fields: Vec<&Positioned<Field>> = Vec::with_capacity(set.items.len());
    for selection in &set.items {
        let Selection::Field(field) = &selection.node else { return None };
        let key = &field.node.response_key().node;
        let meant = field.node.directives.is_empty() && field.node.name.node != "__typename";
        if !meant || fields.iter().any(|other| other.node.response_key().node == *key) {
            return None;
        }
        fields.push(field);
    }
    Some(fields)
}

/// Whether it is a value by itself.
fn is_leaf(field: &Positioned<Field>) -> bool {
    field.node.selection_set.node.items.is_empty()
}

/// Records lead to records: their futures would have types without end.
fn erased<'a, T>(answering: impl Future<Output = T> + Send + 'a) -> Pin<Box<dyn Future<Output = T> + Send + 'a>> {
    Box::pin(answering)
}

async fn resolve<T: ContainerType>(
    record: &T,
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    match fields(&ctx.item.node) {
        Some(fields) => Ok(answer(record, ctx, &fields).await),
        None => erased(record.resolve(ctx, field)).await,
    }
}

/// The answer to fields that were told apart before.
async fn answer<'a, T: ContainerType>(
    record: &T,
    ctx: &ContextSelectionSet<'a>,
    fields: &[&'a Positioned<Field>],
) -> Value {
    let mut values: Vec<Option<ServerResult<Option<Value>>>> = Vec::with_capacity(fields.len());
    let mut waiting = FuturesUnordered::new();
    for (place, field) in fields.iter().copied().enumerate() {
        if is_leaf(field) {
            values.push(Some(record.resolve_field(&ctx.with_field(field)).await));
            continue;
        }
        let mut answering = erased(async move {
            let ctx = ctx.with_field(field);
            (place, record.resolve_field(&ctx).await)
        });
        match poll_fn(|cx| Poll::Ready(answering.as_mut().poll(cx))).await {
            Poll::Ready((_, value)) => values.push(Some(value)),
            Poll::Pending => {
                values.push(None);
                waiting.push(answering);
            }
        }
    }
    while let Some((place, value)) = waiting.next().await {
        values[place] = Some(value);
    }
    let mut answered: IndexMap<Name, Value> = IndexMap::with_capacity(fields.len());
    for (field, value) in fields.iter().zip(values.into_iter().flatten()) {
        match value {
            Ok(value) => {
                answered.insert(field.node.response_key().node.clone(), value.unwrap_or_default());
            }
            Err(error) => ctx.add_error(error),
        }
    }
    if answered.is_empty() { Value::Null } else { Value::Object(answered) }
}

impl<T: ContainerType> OutputType for Record<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        resolve(&self.0, ctx, field).await
    }
}

impl<T: ContainerType> OutputType for Records<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let at_hand = fields(&ctx.item.node).filter(|fields| fields.iter().all(|field| is_leaf(field)));
        let Some(fields) = at_hand else {
            let records = self.0.iter().map(Record);
            return erased(resolve_list(ctx, field, records, Some(self.0.len()))).await;
        };
        let mut answers = Vec::with_capacity(self.0.len());
        for (place, record) in self.0.iter().enumerate() {
            answers.push(answer(record, &ctx.with_index(place), &fields).await);
        }
        Ok(Value::List(answers))
    }
}
