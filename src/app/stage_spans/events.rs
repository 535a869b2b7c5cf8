//! From a request to events that can be staged, each with its resource and scope.

use atr_core::domain::{Rejection, span::NewEvent};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use prost::Message as _;

use super::spans::{response, text};

/// The log records of a request, in order; `None` is one that tells nothing of a model.
pub fn of(sent: Vec<ResourceLogs>) -> Vec<Result<Option<NewEvent>, Rejection>> {
    let mut events = vec![];
    for of_resource in sent {
        let ResourceLogs { resource, scope_logs, schema_url } = of_resource;
        for of_scope in scope_logs {
            let (scope, scope_schema) = (of_scope.scope, of_scope.schema_url);
            for record in of_scope.log_records {
                if !tells_of_a_model(&record) {
                    events.push(Ok(None));
                    continue;
                }
                let (trace_id, response) = (record.trace_id.clone(), response(&record.attributes));
                let one = ResourceLogs {
                    resource: resource.clone(),
                    scope_logs: vec![ScopeLogs {
                        scope: scope.clone(),
                        log_records: vec![record],
                        schema_url: scope_schema.clone(),
                    }],
                    schema_url: schema_url.clone(),
                };
                events.push(NewEvent::new(&trace_id, response, one.encode_to_vec()).map(Some));
            }
        }
    }
    events
}

/// Whether it is an event of the GenAI conventions: by its name, which was an attribute once.
fn tells_of_a_model(record: &LogRecord) -> bool {
    let name = match record.event_name.as_str() {
        "" => text(&record.attributes, "event.name").unwrap_or_default(),
        name => name,
    };
    name.starts_with("gen_ai.")
}
