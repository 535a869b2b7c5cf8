//! Times as a reader's language writes them.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{DateTime, Locale, NaiveDate, SecondsFormat, Utc};

/// How times are told: as a language has them, or by ISO 8601 where none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dates(Option<Locale>);

impl Dates {
    /// The first language of an `Accept-Language` that is known (RFC 9110, section 12.5.4).
    pub(super) fn accepted(header: &str) -> Self {
        let mut wanted: Vec<(&str, f32)> = header
            .split(',')
            .filter_map(|range| {
                let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
                Some((tag.trim(), weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?))
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        wanted.sort_by(|one, other| other.1.total_cmp(&one.1));
        Self(wanted.into_iter().find_map(|(tag, _)| locale(tag)))
    }

    /// A moment, to the minute, in UTC.
    pub(super) fn time(&self, at: &DateTime<Utc>) -> Moment {
        let text = match self.0 {
            Some(locale) => format!("{} UTC", at.format_localized("%x %R", locale)),
            None => at.format("%Y-%m-%d %H:%M UTC").to_string(),
        };
        Moment { exact: at.to_rfc3339_opts(SecondsFormat::Secs, true), text }
    }

    /// A day.
    pub(super) fn day(&self, day: &NaiveDate) -> Moment {
        let text = match self.0 {
            Some(locale) => day.format_localized("%x", locale).to_string(),
            None => day.to_string(),
        };
        Moment { exact: day.to_string(), text }
    }

    /// How long ago something was, in its largest unit.
    pub(super) fn age(&self, from: &DateTime<Utc>, now: &DateTime<Utc>) -> Moment {
        let seconds = (*now - *from).num_seconds().max(0);
        let text = match seconds {
            0..60 => format!("{seconds} s"),
            60..3600 => format!("{} min", seconds / 60),
            3600..172_800 => format!("{} h", seconds / 3600),
            _ => format!("{} d", seconds / 86_400),
        };
        Moment { exact: from.to_rfc3339_opts(SecondsFormat::Secs, true), text }
    }
}

/// The locale of a language tag: that of its region, or of the region where it is most spoken.
fn locale(tag: &str) -> Option<Locale> {
    let (language, region) = match tag.split_once('-') {
        Some((language, rest)) => (language, rest.split('-').find(|part| part.len() == 2)),
        None => (tag, None),
    };
    let language = language.to_ascii_lowercase();
    let usual = match language.as_str() {
        "ar" => "EG",
        "cs" => "CZ",
        "da" => "DK",
        "el" => "GR",
        "en" => "US",
        "he" => "IL",
        "hi" => "IN",
        "ja" => "JP",
        "ko" => "KR",
        "sv" => "SE",
        "uk" => "UA",
        "vi" => "VN",
        "zh" => "CN",
        same => same,
    };
    let named = |region: &str| Locale::try_from(format!("{language}_{}", region.to_ascii_uppercase()).as_str()).ok();
    region.and_then(named).or_else(|| named(usual))
}

/// A time in a page, which also says exactly when.
#[derive(Debug)]
pub(super) struct Moment {
    exact: String,
    text: String,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither holds anything but what chrono writes: digits, names of months, points and the like.
        write!(f, "<time datetime=\"{}\">{}</time>", self.exact, self.text)
    }
}

impl HtmlSafe for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(header: &str) -> String {
        Dates::accepted(header).time(&"2026-11-24T09:05:07Z".parse().expect("a time")).text
    }

    #[test]
    fn times_are_told_as_the_readers_language_has_them() {
        assert_eq!(told("de-DE,de;q=0.9,en;q=0.5"), "24.11.2026 09:05 UTC");
        assert_eq!(told("en-US"), "11/24/2026 09:05 UTC");
        assert_eq!(told("en-GB"), "24/11/26 09:05 UTC");
        assert_eq!(told("en;q=0.2, de-Latn-AT;q=0.7"), told("de-AT"));
        assert_eq!(told("fr"), told("fr-FR"));
    }

    #[test]
    fn without_a_language_that_is_known_they_are_told_by_the_standard() {
        for header in ["", "*", "tlh", "de;q=0", ";;,,q", "de;q=much"] {
            assert_eq!(told(header), "2026-11-24 09:05 UTC", "{header}");
        }
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let now = "2026-11-24T09:05:07Z".parse().expect("a time");
        let age = |from: &str| Dates(None).age(&from.parse().expect("a time"), &now).text;
        assert_eq!(age("2026-11-24T09:05:08Z"), "0 s", "clocks differ");
        assert_eq!(age("2026-11-24T09:04:08Z"), "59 s");
        assert_eq!(age("2026-11-24T08:04:08Z"), "1 h");
        assert_eq!(age("2026-11-24T08:06:07Z"), "59 min");
        assert_eq!(age("2026-11-21T08:06:07Z"), "3 d");
    }

    #[test]
    fn a_page_says_exactly_when() {
        let moment = Dates(None).time(&"2026-11-24T09:05:07Z".parse().expect("a time")).to_string();
        assert_eq!(moment, "<time datetime=\"2026-11-24T09:05:07Z\">2026-11-24 09:05 UTC</time>");
    }
}
