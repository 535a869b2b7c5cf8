//! How values went on.

use plotters::prelude::*;

use super::{ACCENT, BAD, GOOD, INK, LINE, WIDTH, of_the_page};

/// A value over time.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::console) struct Curve {
    pub(in crate::console) name: String,
    /// When, and what it was then.
    pub(in crate::console) points: Vec<(f64, f64)>,
}

/// Curves over one axis; what is no number is left out.
///
/// # Errors
/// If the chart could not be drawn; a text can always be written to.
pub(in crate::console) fn curves(of: &[Curve], along: &str) -> Result<String, String> {
    let finite = |(x, y): &&(f64, f64)| x.is_finite() && y.is_finite();
    let points = || of.iter().flat_map(|curve| &curve.points).filter(finite);
    let bounds = |axis: fn(&(f64, f64)) -> f64| {
        let (low, high) =
            points().map(axis).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
        if low < high {
            (low, high)
        } else if low.is_finite() {
            (low - 0.5, low + 0.5)
        } else {
            (0.0, 1.0)
        }
    };
    let ((left, right), (low, high)) = (bounds(|point| point.0), bounds(|point| point.1));
    let room = (high - low) * 0.06;
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, 260)).into_drawing_area();
        let text = ("sans-serif", 14).into_font().color(&INK);
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .margin_right(20)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(left..right, low - room..high + room)
            .map_err(|error| error.to_string())?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .axis_style(LINE)
            .x_labels(6)
            .y_labels(5)
            .x_desc(along)
            .x_label_formatter(&|value| format!("{value:.0}"))
            .y_label_formatter(&|value| format!("{value:.3}"))
            .label_style(text.clone())
            .draw()
            .map_err(|error| error.to_string())?;
        for (curve, colour) in of.iter().zip([ACCENT, BAD, GOOD, INK].into_iter().cycle()) {
            let points = curve.points.iter().filter(finite).copied();
            chart
                .draw_series(LineSeries::new(points, colour.stroke_width(2)))
                .map_err(|error| error.to_string())?
                .label(&curve.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        if of.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .label_font(text)
                .draw()
                .map_err(|error| error.to_string())?;
        }
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(of_the_page(&drawn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_drawn_and_named_and_what_is_no_number_is_left_out() {
        let curve = |name: &str, points: &[(f64, f64)]| Curve { name: name.to_owned(), points: points.to_vec() };
        let both = [curve("loss", &[(0.0, 0.7), (1.0, f64::NAN), (2.0, 0.3)]), curve("held out", &[(0.0, 0.8)])];
        let drawn = curves(&both, "epoch").expect("drawn");
        for said in ["#050505", "#040404", "loss", "held out", "epoch"] {
            assert!(drawn.contains(said), "{said}: {drawn}");
        }
        assert!(!drawn.contains("NaN") && !drawn.contains("style"), "{drawn}");
        assert!(curves(&[], "epoch").is_ok() && curves(&both[1..], "epoch").is_ok(), "of nothing and of a point too");
    }
}
