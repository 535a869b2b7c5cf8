//! What the campaign is told: by a bench, or by `cargo test`, whose arguments it takes as any test binary does.

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    Run(Options),
    /// Say which tests there are.
    List {
        terse: bool,
    },
    /// The filters want none of it.
    Nothing,
}

/// How to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long faults come.
    pub seconds: u64,
    /// How many must take effect.
    pub faults_at_least: u64,
    pub seed: u64,
    /// The figures on standard output.
    pub json: bool,
    /// Each fault on standard error.
    pub verbose: bool,
}

/// The name that filters are held against.
const NAME: &str = "campaign::faults";

/// The short version: two minutes of faults.
const SHORT: Options = Options { seconds: 120, faults_at_least: 60, seed: 4, json: false, verbose: false };

/// How many faults are drawn where so many must take effect: a cut finds no piece to be made in at times.
pub fn drawn(options: &Options) -> usize {
    let more = options.faults_at_least + options.faults_at_least / 4 + 5;
    usize::try_from(more).unwrap_or(usize::MAX)
}

pub fn read(mut args: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut options = SHORT;
    let (mut filters, mut skipped) = (vec![], vec![]);
    let (mut list, mut terse, mut exact, mut only_ignored) = (false, false, false, false);
    while let Some(arg) = args.next() {
        let (name, mut given) = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_owned(), Some(value.to_owned())),
            _ => (arg, None),
        };
        let mut value = || given.take().or_else(|| args.next()).ok_or(format!("{name} needs a value"));
        let mut number = || {
            let text = value()?;
            text.parse::<u64>().map_err(|_| format!("{name} takes a whole number, not {text:?}"))
        };
        match name.as_str() {
            "--seconds" => options.seconds = number()?.max(1),
            "--faults-at-least" => options.faults_at_least = number()?,
            "--seed" => options.seed = number()?,
            "--json" => options.json = true,
            "--verbose" => options.verbose = true,
            "--list" => list = true,
            "--exact" => exact = true,
            "--ignored" => only_ignored = true,
            "--format" => terse |= value()? == "terse",
            "--skip" => skipped.push(value()?),
            // What else a test binary takes has nothing to say here.
            "--test-threads" | "--logfile" | "--color" | "--report-time" | "--shuffle-seed" | "-Z" => drop(value()?),
            _ if name.starts_with('-') => {}
            _ => filters.push(name),
        }
    }
    let matches = |filter: &String| if exact { NAME == filter } else { NAME.contains(filter.as_str()) };
    let wanted = (filters.is_empty() || filters.iter().any(matches)) && !skipped.iter().any(matches) && !only_ignored;
    Ok(match (wanted, list) {
        (true, true) => Task::List { terse },
        (true, false) => Task::Run(options),
        (false, _) => Task::Nothing,
    })
}
