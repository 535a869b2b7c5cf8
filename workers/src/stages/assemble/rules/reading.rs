//! What one span tells, in whichever dialect.

use serde_json::Value;

use super::{
    genai,
    message::{Call, Message},
    names, openinference,
    span::Span,
};

/// What a span does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A model answers.
    Model,
    /// An agent, a chain or a workflow: others do it.
    Agent,
    /// A tool is used.
    Tool,
    /// Something is looked up.
    Retrieval,
    /// Anything else.
    #[default]
    Other,
}

/// What a span tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// What it does.
    pub kind: Kind,
    /// What was asked, in order.
    pub input: Vec<Message>,
    /// What was answered, in order.
    pub output: Vec<Message>,
    /// Why it stopped.
    pub finish_reasons: Vec<String>,
    /// The tool's call and what it gave.
    pub tool: Option<(Call, Option<String>)>,
    /// What was looked up, and what was found.
    pub retrieval: Option<(Option<String>, Vec<String>)>,
    /// Natural logarithms of its tokens' probabilities: their mean and the least.
    pub logprobs: Option<(f64, f64)>,
}

impl Reading {
    /// Reads a span: the GenAI conventions first, and what they leave open as OpenInference has it.
    pub fn of(span: &Span) -> Self {
        let attributes = &span.attributes;
        let kind = kind(&names::text(attributes, names::OPERATION).unwrap_or_default());
        let mut reading = Self { kind, ..Self::default() };
        genai::read(span, &mut reading);
        openinference::read(span, &mut reading);
        if reading.kind == Kind::Other && (!reading.input.is_empty() || !reading.output.is_empty()) {
            reading.kind = Kind::Model;
        }
        reading.finish_reasons.extend(names::list(attributes, names::FINISH_REASONS).iter().map(names::as_text));
        reading.finish_reasons.retain(|reason| !reason.is_empty());
        reading.logprobs = given_logprobs(span).or(reading.logprobs);
        if reading.kind == Kind::Tool {
            let call = Call {
                id: names::text(attributes, names::TOOL_CALL),
                name: names::text(attributes, names::TOOL_NAME).unwrap_or_else(|| "tool".to_owned()),
                arguments: names::text(attributes, names::TOOL_ARGUMENTS).unwrap_or_default(),
            };
            reading.tool = Some((call, names::text(attributes, names::TOOL_RESULT)));
        }
        if reading.kind == Kind::Retrieval {
            let query = names::text(attributes, names::RETRIEVAL_QUERY);
            let mut found: Vec<String> = names::list(attributes, names::RETRIEVED).iter().map(document).collect();
            found.extend(openinference::documents(attributes));
            reading.retrieval = Some((query, found));
        }
        reading
    }

    /// What was asked last.
    pub fn query(&self) -> Option<String> {
        self.input.iter().rev().find(|message| message.role == "user").and_then(Message::text)
    }

    /// What was said before that, of whoever speaks there.
    pub fn context(&self) -> Vec<(&str, String)> {
        let asks = |message: &Message| message.role == "user" && message.text().is_some();
        let last = self.input.iter().rposition(asks).unwrap_or(0);
        self.input[..last].iter().filter_map(|turn| Some((turn.role.as_str(), turn.text()?))).collect()
    }

    /// What was answered.
    pub fn answer(&self) -> Option<String> {
        // Several are several choices: the first is what was shown.
        self.output.iter().find_map(Message::text)
    }
}

fn kind(operation: &str) -> Kind {
    match operation.to_ascii_lowercase().as_str() {
        "chat" | "text_completion" | "generate_content" | "completion" | "llm" => Kind::Model,
        "invoke_agent" | "create_agent" | "invoke_workflow" | "agent" | "chain" | "workflow" | "task" => Kind::Agent,
        "execute_tool" | "tool" => Kind::Tool,
        "retrieval" | "retriever" | "reranker" => Kind::Retrieval,
        _ => Kind::Other,
    }
}

/// A document that was found: its text where it has one.
fn document(found: &Value) -> String {
    let text = ["content", "text", "page_content", "id"].iter().find_map(|name| found.get(*name));
    names::as_text(text.unwrap_or(found))
}

fn given_logprobs(span: &Span) -> Option<(f64, f64)> {
    let listed: Vec<f64> = names::list(&span.attributes, names::LOGPROBS).iter().filter_map(Value::as_f64).collect();
    let (mean, least) = summary(&listed).unzip();
    let mean = names::number(&span.attributes, names::MEAN_LOGPROB).or(mean)?;
    let least = names::number(&span.attributes, names::MIN_LOGPROB).or(least).unwrap_or(mean);
    (mean <= 0.0 && least <= 0.0).then_some((mean, least))
}

/// The mean and the least of logarithms.
pub fn summary(logprobs: &[f64]) -> Option<(f64, f64)> {
    let least = logprobs.iter().copied().reduce(f64::min)?;
    Some((logprobs.iter().sum::<f64>() / logprobs.len() as f64, least))
}
