//! W3C Trace Context: which distributed trace a request belongs to, so that its work can be found in it.

use std::{fmt, str::FromStr};

/// The `traceparent` of a request, as it came (W3C Trace Context, level 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace: u128,
    parent: u64,
    flags: u8,
}

/// A text that is no `traceparent`. The standard has it ignored, never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct NoTraceContext;

impl TraceContext {
    /// The id of the trace, as its 32 hex digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// The context of whatever runs now, if it has one.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| *current).ok().flatten()
    }

    /// Runs something in a context: what it enqueues carries it.
    pub async fn scope<F: Future>(context: Option<Self>, of: F) -> F::Output {
        CURRENT.scope(context, of).await
    }
}

tokio::task_local! {
    static CURRENT: Option<TraceContext>;
}

impl FromStr for TraceContext {
    type Err = NoTraceContext;

    /// Reads version 00, and of later versions what 00 has: they may only add to it.
    fn from_str(text: &str) -> Result<Self, NoTraceContext> {
        let mut parts = text.trim().split('-');
        let mut part = |digits: usize| {
            let part = parts.next().ok_or(NoTraceContext)?;
            let hex = part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            if hex { Ok(part) } else { Err(NoTraceContext) }
        };
        let version = part(2)?;
        let trace = u128::from_str_radix(part(32)?, 16).map_err(|_| NoTraceContext)?;
        let parent = u64::from_str_radix(part(16)?, 16).map_err(|_| NoTraceContext)?;
        let flags = u8::from_str_radix(part(2)?, 16).map_err(|_| NoTraceContext)?;
        let ends = parts.next().is_none();
        if version == "ff" || (version == "00" && !ends) || trace == 0 || parent == 0 {
            return Err(NoTraceContext);
        }
        Ok(Self { trace, parent, flags })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.parent, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(trace in 1..=u128::MAX, parent in 1..=u64::MAX, flags: u8) {
            let context = TraceContext { trace, parent, flags };
            prop_assert_eq!(context.to_string().parse(), Ok(context));
        }

        #[test]
        fn no_text_makes_reading_panic(text in ".{0,80}") {
            let _ = text.parse::<TraceContext>();
        }
    }

    #[test]
    fn what_the_standard_bars_is_none() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(good.parse::<TraceContext>().is_ok());
        for bad in [
            "",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert_eq!(bad.parse::<TraceContext>(), Err(NoTraceContext), "{bad}");
        }
        let later = format!("cc{}-what-comes", &good[2..]).parse::<TraceContext>();
        assert_eq!(later, good.parse(), "of a later version its beginning is read");
    }
}
