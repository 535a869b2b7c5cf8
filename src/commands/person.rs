//! `atr person`: who signs in, invited beside the database and therefore by an operator.

use anyhow::Context as _;
use atr_core::{
    domain::{
        access::Role,
        person::{Email, NewPerson, Person},
    },
    ids::{ExpertId, PersonId},
};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{installation::Installation, output::Output, pages::Pages};
use crate::{
    app::{Actor, App, AppError, Process, links, people},
    config::{Place, Reached},
};

#[derive(Debug, Subcommand)]
pub(crate) enum PersonCommand {
    /// Invite someone to choose a password and sign in; again, to choose another one, or with another role
    Invite {
        /// The e-mail address they sign in with
        email: String,
        /// What they may do: operator, admin, curator, trainer, expert or auditor
        #[arg(long)]
        role: Role,
        /// The expert whose reviews they write, by id
        #[arg(long, value_name = "EXPERT")]
        expert: Option<ExpertId>,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
    },
    /// Make a link by which someone signs in once, without a password, within fifteen minutes
    Link {
        /// The e-mail address they sign in with
        email: String,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        #[command(flatten)]
        reached: Reached,
    },
    /// List who signs in to a project, newest first
    List {
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
        #[command(flatten)]
        pages: Pages,
    },
    /// Let someone sign in no more, and end their sessions
    Deactivate {
        /// Who, by id
        person: PersonId,
        /// The project, by its slug
        #[arg(long, value_name = "SLUG")]
        project: Option<String>,
    },
}

impl PersonCommand {
    pub(crate) async fn run(self, place: &Place, out: Output) -> anyhow::Result<()> {
        let public_url = if let Self::Link { reached, .. } = &self { reached.public_url.clone() } else { None };
        let process = Process { public_url, ..Process::default() };
        Installation::lend_to(place, process, async |installation| self.run_on(installation, out).await).await
    }

    async fn run_on(self, installation: &Installation, out: Output) -> anyhow::Result<()> {
        let app = &installation.app;
        match self {
            Self::Invite { email, role, expert, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                let wanted = NewPerson::parse(&email, role, expert).map_err(AppError::from);
                let invited = match wanted {
                    Ok(wanted) => people::invite(app, &actor, wanted).await,
                    Err(refused) => Err(refused),
                };
                let people::Invited { person, invitation } = invited.context("nobody was invited")?;
                let mut told = line(&person);
                told["invitation"] = json!(invitation);
                out.result(&told, || {
                    format!(
                        "{} is invited as {}, {}. Give them this invitation, which is shown this once and is good for one \
                         password within seven days:\n{invitation}",
                        person.email, person.role, person.id
                    )
                })
            }
            Self::Link { email, project, .. } => {
                let actor = installation.actor(project.as_deref()).await?;
                let links::Linked { person, path, until } =
                    made(app, &actor, &email).await.context("no link was made")?;
                let link = app.process.address(&path).unwrap_or(path);
                let mut told = line(&person);
                told["link"] = json!(link);
                out.result(&told, || {
                    format!(
                        "Give {} this link, which is shown this once and signs them in, once, until {until}:\n{link}",
                        person.email
                    )
                })
            }
            Self::List { project, pages } => {
                let actor = installation.actor(project.as_deref()).await?;
                let read = async |page| Ok(people::list(app, &actor, page).await?);
                pages.print(out, "people", read, |person| person.id.into(), line, words).await
            }
            Self::Deactivate { person, project } => {
                let actor = installation.actor(project.as_deref()).await?;
                let person = people::deactivate(app, &actor, person).await.context("nothing was changed")?;
                out.result(&line(&person), || format!("{} signs in no more.", person.email))
            }
        }
    }
}

/// A link for someone who is known by their address.
async fn made(app: &App, actor: &Actor, email: &str) -> Result<links::Linked, AppError> {
    let email: Email = email.parse()?;
    let known = app.store.begin(actor.project).await?.person_by_email(&email).await?;
    let person = known.ok_or_else(|| AppError::NotFound { what: "person", name: email.to_string() })?;
    links::make(app, actor, person.id).await
}

fn line(of: &Person) -> Value {
    json!(of)
}

fn words(of: &Person) -> String {
    let state = match (of.deactivated_at, of.invited_until, of.has_password) {
        (Some(at), ..) => format!("signs in no more since {at}"),
        (None, Some(until), false) => format!("invited until {until}"),
        (None, None, false) => "was invited, and chose no password".to_owned(),
        (None, Some(until), true) => format!("signs in; invited to another password until {until}"),
        (None, None, true) => "signs in".to_owned(),
    };
    format!("{}  {:30}  {:8}  {state}", of.id, of.email, of.role)
}
