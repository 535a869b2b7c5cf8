//! The graph of a trace's reasoning, in layers: what a step rests on stands above it.

use std::collections::HashMap;

use atr_core::domain::trace::Step;
use rust_sugiyama::{configure::Config, from_vertices_and_edges};

/// How wide and high a step is drawn, and how far from the next, in units of the drawing.
const SIZE: (f64, f64) = (132.0, 40.0);
const GAP: f64 = 28.0;

/// A drawing.
#[derive(Debug, Default)]
pub(in crate::console) struct Graph {
    pub(in crate::console) width: f64,
    pub(in crate::console) height: f64,
    pub(in crate::console) nodes: Vec<Node>,
    pub(in crate::console) edges: Vec<Edge>,
}

/// A step in it: its place in the reasoning, and where its middle is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::console) struct Node {
    pub(in crate::console) ordinal: i32,
    pub(in crate::console) x: f64,
    pub(in crate::console) y: f64,
}

impl Node {
    pub(in crate::console) fn left(&self) -> f64 {
        self.x - SIZE.0 / 2.0
    }

    pub(in crate::console) fn top(&self) -> f64 {
        self.y - SIZE.1 / 2.0
    }

    pub(in crate::console) fn width(&self) -> f64 {
        SIZE.0
    }

    pub(in crate::console) fn height(&self) -> f64 {
        SIZE.1
    }
}

/// From a step to one that rests on it, as the path of an SVG.
#[derive(Debug)]
pub(in crate::console) struct Edge {
    pub(in crate::console) path: String,
    /// Whether it leads up: then the steps rest on each other in a circle.
    pub(in crate::console) back: bool,
}

/// Lays out the steps. What they rest on beyond them is not drawn, nor is a step's resting on itself.
pub(in crate::console) fn lay_out(steps: &[Step]) -> Graph {
    let known: HashMap<i32, u32> = steps.iter().zip(0..).map(|(step, at)| (step.ordinal, at)).collect();
    let mut edges: Vec<(u32, u32)> = steps
        .iter()
        .flat_map(|step| step.rests_on.iter().map(move |on| (*on, step.ordinal)))
        .filter_map(|(from, to)| Some((*known.get(&from)?, *known.get(&to)?)))
        .filter(|(from, to)| from != to)
        .collect();
    edges.sort_unstable();
    edges.dedup();
    // In this order: the layout names them by their places in it.
    let vertices: Vec<(u32, (f64, f64))> = (0..).zip(steps).map(|(at, _)| (at, SIZE)).collect();
    let config = Config { vertex_spacing: GAP, ..Config::default() };
    let mut places: HashMap<usize, (f64, f64)> = HashMap::new();
    let mut graph = Graph::default();
    // Steps that have nothing to do with each other are drawn side by side.
    for (part, ..) in from_vertices_and_edges(&vertices, &edges, &config) {
        let least = |of: fn(&(f64, f64)) -> f64| part.iter().map(|(_, at)| of(at)).fold(f64::INFINITY, f64::min);
        let (left, top) = (least(|at| at.0), least(|at| at.1));
        let mut right = graph.width;
        for (vertex, (x, y)) in part {
            let place = (graph.width + GAP / 2.0 + SIZE.0 / 2.0 + x - left, GAP / 2.0 + SIZE.1 / 2.0 + y - top);
            right = right.max(place.0 + SIZE.0 / 2.0 + GAP / 2.0);
            graph.height = graph.height.max(place.1 + SIZE.1 / 2.0 + GAP / 2.0);
            places.insert(vertex, place);
        }
        graph.width = right;
    }
    graph.edges = edges
        .iter()
        .filter_map(|(from, to)| {
            let (from, to) = (places.get(&(*from as usize))?, places.get(&(*to as usize))?);
            Some(edge(*from, *to))
        })
        .collect();
    graph.nodes = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| places.get(&at).map(|(x, y)| Node { ordinal: step.ordinal, x: *x, y: *y }))
        .collect();
    graph
}

/// A curve from the bottom of one step to the top of another.
fn edge(from: (f64, f64), to: (f64, f64)) -> Edge {
    let (start, end) = (from.1 + SIZE.1 / 2.0, to.1 - SIZE.1 / 2.0);
    let bend = ((end - start) / 2.0).abs().max(GAP / 2.0);
    let path = format!(
        "M{:.1} {start:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {end:.1}",
        from.0,
        from.0,
        start + bend,
        to.0,
        end - bend,
        to.0
    );
    Edge { path, back: to.1 <= from.1 }
}

#[cfg(test)]
mod tests {
    use atr_core::{
        domain::trace::StepKind,
        ids::{Id, StepId, TraceId},
    };

    use super::*;

    fn steps(rests_on: &[&[i32]]) -> Vec<Step> {
        let step = |(ordinal, on): (i32, &&[i32])| Step {
            id: StepId::from_uuid(uuid::Uuid::nil()),
            trace: TraceId::from_uuid(uuid::Uuid::nil()),
            ordinal,
            key: ordinal.to_string(),
            kind: StepKind::Reasoning,
            text: String::new(),
            rests_on: on.to_vec(),
            span_id: None,
            called_by_span_id: None,
            mean_logprob: None,
        };
        (0..).zip(rests_on).map(step).collect()
    }

    #[test]
    fn what_a_step_rests_on_stands_above_it_and_no_two_steps_overlap() {
        let graph = lay_out(&steps(&[&[], &[], &[0, 1], &[2], &[0, 3], &[]]));
        let at = |ordinal: usize| graph.nodes[ordinal];
        for (above, below) in [(0, 2), (1, 2), (2, 3), (0, 4), (3, 4)] {
            assert!(at(above).y + SIZE.1 <= at(below).y, "{above} above {below}: {graph:#?}");
        }
        for (place, one) in graph.nodes.iter().enumerate() {
            assert!(one.left() >= 0.0 && one.left() + SIZE.0 <= graph.width, "{graph:#?}");
            assert!(one.top() >= 0.0 && one.top() + SIZE.1 <= graph.height, "{graph:#?}");
            for other in &graph.nodes[place + 1..] {
                let apart = (one.x - other.x).abs() >= SIZE.0 || (one.y - other.y).abs() >= SIZE.1;
                assert!(apart, "{one:?} {other:?}");
            }
        }
        assert_eq!(graph.edges.len(), 5);
        assert!(graph.edges.iter().all(|edge| !edge.back));
    }

    #[test]
    fn circles_and_what_lies_beyond_the_steps_are_drawn_as_far_as_they_go() {
        let graph = lay_out(&steps(&[&[2], &[0], &[1, 1, 2, 9]]));
        assert_eq!((graph.nodes.len(), graph.edges.len()), (3, 3));
        assert_eq!(graph.edges.iter().filter(|edge| edge.back).count(), 1, "{graph:#?}");
        assert!(lay_out(&[]).nodes.is_empty());
    }
}
