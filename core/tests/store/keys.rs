//! Keys: found by their hash alone, the first of an installation, and whose sessions they are.

use atr_core::{
    domain::{
        access::{Role, Scopes},
        audit::{Action, Deed},
        person::NewPerson,
    },
    hash::Digest,
    ids::ProjectId,
    store::{KeyRecord, NewKey, PageRequest, StoreError},
};

use crate::support::Database;

fn operators(secret: &str) -> (NewKey, Digest) {
    let hash = blake3::hash(secret.as_bytes());
    let key = NewKey {
        name: secret.to_owned(),
        role: Role::Operator,
        scopes: Scopes::WHOLE,
        expert: None,
        requests_per_minute: None,
        expires_at: None,
        replaces: None,
        person: None,
        prefix: "atr_01234567".to_owned(),
        token_hash: hash,
    };
    (key, hash)
}

fn noted(_: ProjectId, key: &KeyRecord) -> Deed {
    Deed {
        key: None,
        role: Role::Operator,
        origin: None,
        action: Action::KeyCreated,
        subject: key.id.to_string(),
        before: None,
        after: None,
    }
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_alone_and_leads_to_its_own_project() -> Result<(), StoreError> {
    let db = Database::create().await;
    let projects = [db.project, db.add_project("other").await];
    for (secret, project) in ["one", "two"].into_iter().zip(projects) {
        let mut tx = db.store.begin(project).await?;
        let made = tx.insert_key(&operators(secret).0).await?;
        tx.commit().await?;
        let found = db.store.authenticate(&operators(secret).1).await?.expect("the key");
        assert_eq!((found.key, found.project, found.role), (made.id, project, Role::Operator));
    }
    assert_eq!(db.store.authenticate(&blake3::hash(b"no key")).await?, None);
    Ok(())
}

#[tokio::test]
async fn of_several_first_starts_one_makes_the_first_key_and_later_ones_make_none() -> Result<(), StoreError> {
    let db = Database::create().await;
    let secrets = ["a", "b", "c", "d", "e"];
    let made = futures_util::future::join_all(
        secrets.map(async |secret| db.store.insert_first_key("default", "Default", &operators(secret).0, noted).await),
    )
    .await
    .into_iter()
    .collect::<Result<Vec<_>, _>>()?;
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    // A project that stood without a key, as a start that was killed left it, is its home.
    let mut tx = db.store.begin(db.project).await?;
    let keys = tx.keys(PageRequest::first(10)).await?.rows;
    let maker = made.iter().position(|made| *made).expect("one made it");
    assert_eq!(keys.iter().map(|key| key.name.as_str()).collect::<Vec<_>>(), [secrets[maker]]);
    assert_eq!(db.store.projects(None, 10).await?.len(), 1);
    tx.revoke_key(keys[0].id).await?;
    tx.commit().await?;
    assert!(!db.store.insert_first_key("default", "Default", &operators("late").0, noted).await?, "one was made");
    Ok(())
}

#[tokio::test]
async fn who_is_deactivated_or_chooses_another_password_while_they_sign_in_is_not_held() -> Result<(), StoreError> {
    let db = Database::create().await;
    let person = NewPerson::parse("someone@example.org", Role::Auditor, None).expect("a person");
    let invitation = blake3::hash(b"invitation");
    let choose = async |password: &str| {
        let mut tx = db.store.begin(db.project).await?;
        let until = tx.now() + chrono::TimeDelta::days(1);
        let id = tx.invite(&person, &invitation, until).await?.id;
        assert!(tx.accept_invitation(id, &invitation, password).await?);
        tx.commit().await?;
        Ok::<_, StoreError>(id)
    };
    let id = choose("first").await?;
    let held = async |password: &str| {
        Ok::<_, StoreError>(db.store.begin(db.project).await?.hold_person(id, password).await?.is_some())
    };
    assert!(held("first").await?);
    choose("second").await?;
    assert!(!held("first").await? && held("second").await?);

    // Whoever deactivates waits for who signs in, whose session then ends with the others.
    let mut signing_in = db.store.begin(db.project).await?;
    assert!(signing_in.hold_person(id, "second").await?.is_some());
    let deactivate = async {
        let mut tx = db.store.begin(db.project).await?;
        let done = tx.deactivate_person(id).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(done)
    };
    let mut deactivate = Box::pin(deactivate);
    let soon = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(soon, &mut deactivate).await.is_err(), "it waits");
    signing_in.commit().await?;
    assert!(deactivate.await?);
    assert!(!held("second").await?);
    Ok(())
}
