//! What has a form that a regular expression tells: e-mail addresses and secrets.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

/// An address as people write it; not all that RFC 5322 allows.
static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}").expect("a regular expression"));

/// Forms that their issuers document, each long enough that no word is one.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let forms = [
        r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?s:.*?)(?:-----END (?:[A-Z]+ )*PRIVATE KEY-----|\z)",
        // JSON Web Tokens.
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        // OpenAI, Anthropic and those that copied their form.
        r"sk-[A-Za-z0-9_-]{20,}",
        // Stripe.
        r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}",
        // Amazon Web Services.
        r"(?:AKIA|ASIA)[A-Z0-9]{16}",
        // GitHub, GitLab, npm, Hugging Face, Slack, Google, and this repository's own.
        r"gh[pousr]_[A-Za-z0-9]{36,}",
        r"github_pat_[A-Za-z0-9_]{22,}",
        r"glpat-[A-Za-z0-9_-]{20,}",
        r"npm_[A-Za-z0-9]{36}",
        r"hf_[A-Za-z0-9]{30,}",
        r"xox[abeprs]-[A-Za-z0-9-]{16,}",
        r"AIza[A-Za-z0-9_-]{35}",
        r"atr_[A-Za-z0-9_-]{32,}",
    ];
    Regex::new(&format!(r"(?-u:\b)(?:{})|{}", forms[1..].join("|"), forms[0])).expect("a regular expression")
});

pub(super) fn emails(text: &str) -> Vec<Range<usize>> {
    if text.contains('@') { EMAIL.find_iter(text).map(|found| found.range()).collect() } else { vec![] }
}

pub(super) fn secrets(text: &str) -> Vec<Range<usize>> {
    SECRET.find_iter(text).map(|found| found.range()).collect()
}
