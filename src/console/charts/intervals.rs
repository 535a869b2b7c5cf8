//! Values and how sure they are.

use plotters::{coord::ranged1d::SegmentValue, prelude::*};

use super::{ACCENT, Axes, INK, Rows, WIDTH, of_the_page};

/// A value with its interval, and that of before.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::console) struct Measured {
    pub(in crate::console) label: String,
    /// Lower end, value and upper end.
    pub(in crate::console) now: (f64, f64, f64),
    pub(in crate::console) before: Option<(f64, f64, f64)>,
}

/// A line for each interval with a dot at its value: those of now in the accent's colour, those of before in grey above them.
/// All lie between 0 and 1.
///
/// # Errors
/// If the chart could not be drawn; a text can always be written to.
pub(in crate::console) fn intervals(of: &[Measured]) -> Result<String, String> {
    let rows = Rows::of(of.iter().map(|one| one.label.as_str()));
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, rows.height(40))).into_drawing_area();
        let told = |value: &f64| format!("{value:.1}");
        let chart = rows.chart(&area, 0.0..1.0, &Axes { right: 22, beside: 200, marks: 6, told: &told })?;
        for (nth, one) in of.iter().enumerate() {
            let pair = one.before.map(|before| (before, INK, -6)).into_iter().chain([(one.now, ACCENT, 6)]);
            for ((low, value, high), colour, down) in pair {
                let centre = SegmentValue::CenterOf(rows.place(nth));
                let at = |x: f64| {
                    let (x, y) = chart.backend_coord(&(x.clamp(0.0, 1.0), centre.clone()));
                    (x, y + down)
                };
                let (low, value, high) = (at(low), at(value), at(high));
                area.draw(&PathElement::new([low, high], colour.stroke_width(2))).map_err(|error| error.to_string())?;
                area.draw(&Circle::new(value, 5, colour.filled())).map_err(|error| error.to_string())?;
            }
        }
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(of_the_page(&drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_line_with_a_dot_and_that_of_before_stands_beside_it() {
        let measured = |label: &str, before| Measured { label: label.to_owned(), now: (0.6, 0.7, 0.8), before };
        let drawn = intervals(&[measured("AUROC", Some((0.4, 0.5, 0.6))), measured("Brier", None)]).expect("drawn");
        assert_eq!(drawn.matches("<circle").count(), 3, "{drawn}");
        assert!(drawn.contains("AUROC") && drawn.contains("Brier") && !drawn.contains("style"), "{drawn}");
        assert!(intervals(&[]).is_ok(), "of nothing too");
    }
}
