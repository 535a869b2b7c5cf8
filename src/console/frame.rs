//! What every page stands in: who looks at it, where they can go, in which language.

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    assets::{ADDRESSES, Addresses},
    dates::Dates,
    fault::Fault,
    nav::{Link, links},
    text::{ENGLISH, Text},
};
use crate::app::{Actor, App, sessions};

/// What a page stands in.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// What is said.
    pub(super) t: &'static Text,
    /// Where scripts and styles are.
    pub(super) assets: &'static Addresses,
    /// How dates are told.
    pub(super) dates: Dates,
    /// Who looks at it; none before they signed in.
    pub(super) who: Option<Who>,
    /// What the log knows this request by.
    pub(super) request: String,
    /// The place that is looked at: the address up to its second slash.
    pub(super) here: String,
}

/// Who looks at a page.
#[derive(Debug, Clone)]
pub(super) struct Who {
    /// Their address; a program's key has none.
    pub(super) email: Option<String>,
    pub(super) role: &'static str,
    /// The project's name.
    pub(super) project: String,
    /// Where they may go.
    pub(super) links: Vec<Link>,
}

impl Frame {
    /// For someone who is not known yet.
    pub(super) fn of(headers: &HeaderMap, path: &str) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let request = text(HeaderName::from_static("x-request-id")).to_owned();
        let dates = Dates::accepted(text(header::ACCEPT_LANGUAGE));
        let here = format!("/{}", path.split('/').nth(1).unwrap_or_default());
        Self { t: &ENGLISH, assets: &ADDRESSES, dates, who: None, request, here }
    }

    /// Says who it is.
    ///
    /// # Errors
    /// If the database is out of reach.
    pub(super) async fn enter(&mut self, app: &App, actor: &Actor) -> Result<(), Fault> {
        let (email, project) = match sessions::current(app, actor).await? {
            Some((person, home, _)) if home.id == actor.project => (Some(person.email.to_string()), home.name),
            // A program's key, or an operator in a project other than their own.
            other => {
                let here = app.store.begin(actor.project).await?.own_project().await?;
                let project = here.map_or_else(|| actor.project.to_string(), |here| here.name);
                (other.map(|(person, ..)| person.email.to_string()), project)
            }
        };
        self.who = Some(Who { email, role: actor.role.word(), project, links: links(self.t, actor) });
        Ok(())
    }
}

/// A page as it is answered.
pub(super) fn written(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            Fault::of(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}
