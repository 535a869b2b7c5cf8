//! What senders were told beside what is stored.

use std::collections::BTreeMap;

/// What senders were told of one record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The id that it was acknowledged with.
    pub id: String,
    /// How often it was said to be new.
    pub stored: u32,
    /// How often it was said to be known.
    pub duplicate: u32,
}

/// All that was acknowledged, by external id.
#[derive(Debug, Default)]
pub struct Acknowledged {
    records: BTreeMap<String, Told>,
    contradictions: Vec<String>,
}

impl Acknowledged {
    /// Notes the answer to a line.
    pub fn note(&mut self, external_id: &str, status: &str, id: Option<&str>) {
        let Some(id) = id.filter(|_| matches!(status, "stored" | "duplicate")) else {
            self.contradictions.push(format!("{external_id} was answered {status}"));
            return;
        };
        let told = self.records.entry(external_id.to_owned()).or_default();
        if told.id.is_empty() {
            told.id = id.to_owned();
        } else if told.id != id {
            self.contradictions.push(format!("{external_id} was acknowledged as {} and as {id}", told.id));
        }
        match status {
            "stored" => told.stored += 1,
            _ => told.duplicate += 1,
        }
    }

    /// How many records were acknowledged.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Holds it beside what is stored: pairs of external id and id.
    pub fn beside(&self, stored: &[(String, String)]) -> Records {
        let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (external_id, id) in stored {
            ids.entry(external_id).or_default().push(id);
        }
        let mut records = Records { wrong: self.contradictions.clone(), ..Records::default() };
        for (external_id, told) in &self.records {
            match ids.get(external_id.as_str()) {
                None => records.lost.push(format!("{external_id}, acknowledged as {}, is not there", told.id)),
                Some(found) if !found.contains(&told.id.as_str()) => {
                    records.lost.push(format!("{external_id}, acknowledged as {}, is there as {found:?}", told.id));
                }
                Some(_) => {}
            }
            if told.stored > 1 {
                records.doubled.push(format!("{external_id} was said to be new {} times", told.stored));
            }
        }
        for (external_id, found) in &ids {
            if found.len() > 1 {
                records.doubled.push(format!("{external_id} is there as {found:?}"));
            }
            if !self.records.contains_key(*external_id) {
                records.wrong.push(format!("{external_id} is there and was never acknowledged"));
            }
        }
        records
    }
}

/// What is wrong with the records.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Records {
    /// Acknowledged and not there.
    pub lost: Vec<String>,
    /// There twice, or stored twice.
    pub doubled: Vec<String>,
    /// What else cannot be.
    pub wrong: Vec<String>,
}
