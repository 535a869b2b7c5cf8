//! Experts: pseudonyms that are unique in a project, and what of them may change.

use atr_core::{
    domain::expert::{ExpertChange, ExpertInput, NewExpert},
    store::{ExpertFilter, PageRequest, StoreError},
};

use crate::support::Database;

pub fn expert(handle: &str, domains: &[&str]) -> NewExpert {
    let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
    ExpertInput { handle: handle.into(), domains, languages: vec!["en".into()], weekly_capacity: 10 }
        .try_into()
        .expect("an expert")
}

#[tokio::test]
async fn what_an_expert_takes_may_change_and_the_rest_stays() -> Result<(), StoreError> {
    let db = Database::create().await;
    let mut tx = db.store.begin(db.project).await?;
    let entered = tx.insert_expert(&expert("chemist", &["chemistry"])).await?;
    assert!(entered.active);
    let change = ExpertChange { active: Some(false), weekly_capacity: Some(3), ..Default::default() };
    let changed = tx.update_expert(entered.id, &change).await?.expect("the expert");
    assert_eq!((changed.active, changed.weekly_capacity), (false, 3));
    assert_eq!((&changed.domains, &changed.handle), (&entered.domains, &entered.handle));
    assert_eq!(tx.experts_by_id(&[entered.id]).await?, [changed]);
    Ok(())
}

#[tokio::test]
async fn a_handle_is_taken_once_in_a_project_and_freely_in_another() -> Result<(), StoreError> {
    let db = Database::create().await;
    let mut tx = db.store.begin(db.project).await?;
    let mine = tx.insert_expert(&expert("someone", &[])).await?;
    tx.commit().await?;
    let mut tx = db.store.begin(db.project).await?;
    let taken = tx.insert_expert(&expert("someone", &[])).await.expect_err("the handle is taken");
    assert_eq!(taken.constraint(), Some("expert_handle_key"));

    let mut tx = db.store.begin(db.add_project("other").await).await?;
    assert_eq!(tx.experts(&ExpertFilter::default(), PageRequest::first(10)).await?.rows, []);
    assert_eq!(tx.update_expert(mine.id, &ExpertChange { active: Some(false), ..Default::default() }).await?, None);
    tx.insert_expert(&expert("someone", &[])).await?;
    Ok(())
}

#[tokio::test]
async fn who_names_no_domain_judges_every_domain() -> Result<(), StoreError> {
    let db = Database::create().await;
    let mut tx = db.store.begin(db.project).await?;
    for (handle, domains) in [("chemist", &["chemistry"][..]), ("astronomer", &["astronomy"]), ("polymath", &[])] {
        tx.insert_expert(&expert(handle, domains)).await?;
    }
    let filter = ExpertFilter { active: Some(true), domain: Some("chemistry".into()) };
    let page = tx.experts(&filter, PageRequest::first(10)).await?;
    let mut handles: Vec<_> = page.rows.iter().map(|expert| expert.handle.as_str()).collect();
    handles.sort_unstable();
    assert_eq!(handles, ["chemist", "polymath"]);
    Ok(())
}
