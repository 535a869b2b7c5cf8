//! How an operation is described, and how OpenAPI writes that.

use serde_json::{Map, Value, json};

use super::form::{Form, Of, Schemas, content};

/// A method at a path.
pub(super) struct Operation {
    pub(super) method: Method,
    /// As the router has it.
    pub(super) path: &'static str,
    /// What programs that are made of the document call it.
    pub(super) id: &'static str,
    pub(super) tag: &'static str,
    /// What it does, in a few words.
    pub(super) summary: &'static str,
    /// What else there is to say.
    pub(super) description: &'static str,
    pub(super) access: Access,
    pub(super) parameters: Vec<Parameter>,
    /// What it takes, in any of these forms.
    pub(super) body: Vec<Form>,
    /// What it answers when all is well.
    pub(super) answers: Vec<Answer>,
    /// What it refuses.
    pub(super) refusals: Vec<Refusal>,
    /// The forms of a refusal.
    pub(super) errors: Vec<Form>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }
}

/// Whom it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Anyone,
    /// Whoever has a key or a session; in the project that the header names.
    Key,
}

/// Something that is read of a request beside its body.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// `header`, `path` or `query`.
    pub(super) place: &'static str,
    pub(super) required: bool,
    pub(super) description: &'static str,
    pub(super) schema: Of,
}

/// An answer that is no refusal.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) description: &'static str,
    /// Of [`headers`].
    pub(super) headers: &'static [&'static str],
    pub(super) forms: Vec<Form>,
}

/// Why something is refused, by status and code.
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
    /// Of [`headers`], beside those that every answer of the status has.
    pub(super) headers: &'static [&'static str],
}

impl Refusal {
    pub(super) const fn new(status: u16, code: &'static str, description: &'static str) -> Self {
        Self { status, code, description, headers: &[] }
    }
}

/// Which project.
const PROJECT: Parameter = Parameter {
    name: "ATR-Project",
    place: "header",
    required: false,
    description: "The slug of the project to enter: an operator's key enters any, every other key its own alone.",
    schema: |_| json!({ "type": "string" }),
};

const REQUEST_ID: Parameter = Parameter {
    name: "X-Request-Id",
    place: "header",
    required: false,
    description: "By what the service's log and the answer name this request; without it they name it by a UUID.",
    schema: |_| json!({ "type": "string" }),
};

impl Operation {
    /// As the document has it.
    pub(super) fn told(&self, schemas: &mut Schemas) -> Value {
        let keyed = self.access == Access::Key;
        let parameters = self.parameters.iter().chain(keyed.then_some(&PROJECT)).chain([&REQUEST_ID]);
        let parameters: Vec<Value> = parameters.map(|parameter| parameter.told(schemas)).collect();
        let mut told = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": parameters,
            "responses": self.responses(schemas),
        });
        if !self.description.is_empty() {
            told["description"] = self.description.into();
        }
        if !self.body.is_empty() {
            told["requestBody"] = json!({ "required": true, "content": content(&self.body, schemas) });
        }
        if !keyed {
            told["security"] = json!([]);
        }
        told
    }

    fn responses(&self, schemas: &mut Schemas) -> Map<String, Value> {
        let mut responses = Map::new();
        for Answer { status, description, headers, forms } in &self.answers {
            responses.insert(status.to_string(), response((*description).to_owned(), headers, forms, schemas));
        }
        let mut refused: Vec<u16> = self.refusals.iter().map(|refusal| refusal.status).collect();
        refused.sort_unstable();
        refused.dedup();
        for status in refused {
            let why: Vec<&Refusal> = self.refusals.iter().filter(|refusal| refusal.status == status).collect();
            let reasons: Vec<String> = why.iter().map(|one| format!("- `{}`: {}", one.code, one.description)).collect();
            let of_status = match status {
                401 => Some("WWW-Authenticate"),
                405 => Some("Allow"),
                429 | 503 => Some("Retry-After"),
                _ => None,
            };
            let headers: Vec<&str> = why.iter().flat_map(|one| one.headers).copied().chain(of_status).collect();
            responses.insert(status.to_string(), response(reasons.join("\n"), &headers, &self.errors, schemas));
        }
        responses
    }
}

impl Parameter {
    fn told(&self, schemas: &mut Schemas) -> Value {
        json!({
            "name": self.name,
            "in": self.place,
            "required": self.required,
            "description": self.description,
            "schema": (self.schema)(schemas),
        })
    }
}

fn response(description: String, headers: &[&str], forms: &[Form], schemas: &mut Schemas) -> Value {
    let names = headers.iter().copied().chain(["X-Request-Id"]);
    let headers: Map<String, Value> =
        names.map(|name| (name.to_owned(), json!({ "$ref": format!("#/components/headers/{name}") }))).collect();
    let mut told = json!({ "description": description, "headers": headers });
    if !forms.is_empty() {
        told["content"] = content(forms, schemas).into();
    }
    told
}

/// The headers of answers.
pub(super) fn headers() -> Value {
    let text = |description: &str| json!({ "description": description, "schema": { "type": "string" } });
    let count = |description: &str| {
        let schema = json!({ "type": "integer", "format": "uint64", "minimum": 0 });
        json!({ "description": description, "schema": schema })
    };
    json!({
        "Accept-Ranges": text("In what parts of it can be asked for."),
        "Accept-Encoding": text("How a body may be coded."),
        "Accept-Post": text("What a body may be."),
        "Allow": text("The methods that may be used."),
        "Content-Range": text("Which bytes these are, of how many; or how many there are."),
        "Content-Disposition": text("What a browser is to call the file."),
        "ETag": text("A hash of the bytes, in hex: send it as If-None-Match."),
        "Location": text("Where what was sent is."),
        "Retry-After": count("When to ask again, in seconds."),
        "Set-Cookie": text("The cookie of the session, which scripts cannot read and other sites' pages do not send."),
        "Upload-Offset": count("How many bytes of the body, decompressed, are taken in."),
        "WWW-Authenticate": text("How to say who asks."),
        "X-Request-Id": text("By what the service's log names this request."),
    })
}
