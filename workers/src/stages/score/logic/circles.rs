//! Steps that rest on each other in a circle.

use std::collections::BTreeSet;

use super::{FaultKind, Finding, Step};

/// Steps that can reach themselves, one finding for each circle (strongly connected component, Tarjan 1972, without recursion).
pub(super) fn circles(steps: &[Step]) -> Vec<Finding> {
    let n = steps.len();
    let (mut index, mut low, mut on) = (vec![usize::MAX; n], vec![0; n], vec![false; n]);
    let (mut counter, mut stack, mut out) = (0, Vec::new(), Vec::new());
    for root in 0..n {
        if index[root] != usize::MAX {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((at, edge)) = work.pop() {
            if edge == 0 {
                index[at] = counter;
                low[at] = counter;
                counter += 1;
                stack.push(at);
                on[at] = true;
            }
            if let Some(&next) = steps[at].rests_on.get(edge) {
                work.push((at, edge + 1));
                if next < n && index[next] == usize::MAX {
                    work.push((next, 0));
                } else if next < n && on[next] {
                    low[at] = low[at].min(index[next]);
                }
                continue;
            }
            if let Some(&(parent, _)) = work.last() {
                low[parent] = low[parent].min(low[at]);
            }
            if low[at] == index[at] {
                let mut members = BTreeSet::new();
                while let Some(member) = stack.pop() {
                    on[member] = false;
                    members.insert(member);
                    if member == at {
                        break;
                    }
                }
                if members.len() > 1 || steps[at].rests_on.contains(&at) {
                    let steps: Vec<usize> = members.into_iter().collect();
                    let named: Vec<String> = steps.iter().map(|s| (s + 1).to_string()).collect();
                    let reason = if steps.len() == 1 {
                        format!("step {} rests on itself", named[0])
                    } else {
                        format!("steps {} rest on each other in a circle", named.join(", "))
                    };
                    out.push(Finding { kind: FaultKind::CircularSupport, steps, span: None, reason });
                }
            }
        }
    }
    out
}
