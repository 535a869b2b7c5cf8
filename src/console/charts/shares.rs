//! How a whole is divided.

use plotters::{coord::ranged1d::SegmentValue, prelude::*};

use super::{ACCENT, Axes, INK, Rows, WIDTH, of_the_page};

/// A part of a whole.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::console) struct Share {
    pub(in crate::console) label: String,
    /// From 0 to 1.
    pub(in crate::console) share: f64,
    /// Which share is aimed at.
    pub(in crate::console) target: Option<f64>,
}

/// A bar for each part, and a stroke where its target is.
///
/// # Errors
/// If the chart could not be drawn; a text can always be written to.
pub(in crate::console) fn shares(of: &[Share]) -> Result<String, String> {
    let rows = Rows::of(of.iter().map(|part| part.label.as_str()));
    let most = of.iter().flat_map(|part| [part.share, part.target.unwrap_or(0.0)]).fold(0.0, f64::max).clamp(0.05, 1.0);
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, rows.height(30))).into_drawing_area();
        let told = |value: &f64| format!("{:.0} %", value * 100.0);
        let mut chart = rows.chart(&area, 0.0..most, &Axes { right: 22, beside: 190, marks: 5, told: &told })?;
        let span = |at: usize| (SegmentValue::Exact(rows.place(at)), SegmentValue::Exact(rows.place(at) + 1));
        let bars = of.iter().enumerate().map(|(at, part)| {
            let (low, high) = span(at);
            let mut bar = Rectangle::new([(0.0, low), (part.share.min(most), high)], ACCENT.filled());
            bar.set_margin(6, 6, 0, 0);
            bar
        });
        chart.draw_series(bars).map_err(|error| error.to_string())?;
        let aims = of.iter().enumerate().filter_map(|(at, part)| {
            let (target, (low, high)) = (part.target?.min(most), span(at));
            Some(PathElement::new(vec![(target, low), (target, high)], INK.stroke_width(2)))
        });
        chart.draw_series(aims).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(of_the_page(&drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_a_bar_and_its_target_a_stroke() {
        let part = |label: &str, share, target| Share { label: label.to_owned(), share, target };
        let drawn = shares(&[part("chemistry", 0.75, Some(0.5)), part("law & order", 0.25, None)]).expect("drawn");
        assert_eq!(drawn.matches("fill=\"#050505\"").count(), 2, "{drawn}");
        assert!(
            drawn.contains("chemistry") && drawn.contains("law &amp; order") && !drawn.contains("style"),
            "{drawn}"
        );
        let alone = shares(&[part("chemistry", 1.0, None)]).expect("drawn");
        assert!(!alone.contains("=\"-"), "nothing is of less than no height: {alone}");
        assert!(shares(&[]).is_ok(), "of nothing too");
    }
}
