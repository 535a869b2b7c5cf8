//! How a worker hears that there is work. A transport carries nothing but a stage's name: tasks are claimed from
//! Postgres with the same statement whatever rang.

pub(crate) mod postgres;
