//! Pages of lists: by the id of a record at their edge, so that they stay as they are while records come in.

use std::fmt;

use atr_core::{
    ids::Id,
    store::{OrdinalRequest, Page, PageRequest},
};
use serde::Deserialize;

/// How many records a page of a list shows.
const SIZE: i64 = 25;

/// Which page of a list is asked for, as its address says it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    /// The records that come after this one.
    #[serde(default)]
    after: String,
    /// The records that come before this one.
    #[serde(default)]
    before: String,
}

impl Asked {
    /// The request for it. What is no id of the kind asks for the first page.
    pub(super) fn request<I: Id>(&self) -> PageRequest {
        let id = |text: &str| text.parse::<I>().ok().map(Id::uuid);
        let before = id(&self.before);
        PageRequest { after: id(&self.after), before, from_end: before.is_some(), ..PageRequest::first(SIZE) }
    }

    /// The same of a list whose records have places, first to last.
    pub(super) fn by_place(&self) -> OrdinalRequest {
        let before = self.before.parse().ok();
        let first = OrdinalRequest::first(SIZE);
        OrdinalRequest { after: self.after.parse().ok(), before, from_end: before.is_some(), ..first }
    }

    /// The same, from the end of the list where no page is asked for.
    pub(super) fn by_place_from_the_end(&self) -> OrdinalRequest {
        let asked = self.by_place();
        OrdinalRequest { from_end: asked.from_end || asked.after.is_none(), ..asked }
    }
}

/// Where the pages beside this one are, as addresses.
#[derive(Debug, Default)]
pub(super) struct Beside {
    pub(super) newer: Option<String>,
    pub(super) older: Option<String>,
}

impl Beside {
    /// The pages beside one of a list whose address is `base`, which has a `?` already.
    pub(super) fn of<T, I: fmt::Display>(page: &Page<T>, base: &str, id: impl Fn(&T) -> I) -> Self {
        let place = |way: &str, row: Option<&T>| row.map(|row| format!("{base}{way}={}", id(row)));
        Self {
            newer: place("before", page.rows.first().filter(|_| page.has_previous)),
            older: place("after", page.rows.last().filter(|_| page.has_next)),
        }
    }
}

/// An address with what restricts its list, ready for more: what is empty is left out.
pub(super) fn base(path: &str, restrictions: &[(&str, &str)]) -> String {
    let mut address = format!("{path}?");
    for (name, value) in restrictions.iter().filter(|(_, value)| !value.is_empty()) {
        let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
        address += &format!("{name}={value}&");
    }
    address
}

#[cfg(test)]
mod tests {
    use atr_core::ids::TraceId;

    use super::*;

    #[test]
    fn what_restricts_a_list_stands_in_the_addresses_of_its_pages() {
        assert_eq!(base("/traces", &[("domain", "law & order"), ("q", "")]), "/traces?domain=law%20%26%20order&");
        let page = Page { rows: vec!["a", "b"], has_previous: false, has_next: true };
        let beside = Beside::of(&page, "/traces?", |row| *row);
        assert_eq!((beside.newer, beside.older.as_deref()), (None, Some("/traces?after=b")));
    }

    #[test]
    fn what_is_no_id_asks_for_the_first_page() {
        let asked = Asked { after: "x'; drop".to_owned(), before: "fct_01h455vb4pex5vsknk084sn02q".to_owned() };
        assert_eq!(asked.request::<TraceId>(), PageRequest::first(SIZE));
    }
}
