//! Charts as SVG. Their colours are names that `console.css` gives a meaning, in light and in dark; behind each stands a
//! table with the same figures, which is what those read who do not see it.

mod curves;
mod intervals;
mod shares;

use std::ops::Range;

use plotters::{
    coord::{
        Shift,
        ranged1d::{SegmentValue, SegmentedCoord},
        types::{RangedCoordf64, RangedCoordusize},
    },
    prelude::*,
};

pub(super) use self::{
    curves::{Curve, curves},
    intervals::{Measured, intervals},
    shares::{Share, shares},
};

/// Colours by what they mean: `console.css` puts others in their place.
const INK: RGBColor = RGBColor(1, 1, 1);
const LINE: RGBColor = RGBColor(2, 2, 2);
const GOOD: RGBColor = RGBColor(3, 3, 3);
const BAD: RGBColor = RGBColor(4, 4, 4);
const ACCENT: RGBColor = RGBColor(5, 5, 5);

/// How wide a chart is, in units of the drawing.
const WIDTH: u32 = 560;

/// A bar of a waterfall: from where the one before ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) adds: f64,
}

/// Bars that add up, and their sum: from -1 to 1.
///
/// # Errors
/// If the chart could not be drawn; a text can always be written to.
pub(super) fn waterfall(bars: &[Bar], sum: &str) -> Result<String, String> {
    let rows = Rows::of(bars.iter().map(|bar| bar.label.as_str()).chain([sum]));
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, (WIDTH, rows.height(34) + 4)).into_drawing_area();
        let told = |value: &f64| format!("{value:+.1}");
        let mut chart = rows.chart(&area, -1.0..1.0, &Axes { right: 18, beside: 150, marks: 5, told: &told })?;
        let mut from = 0.0;
        let mut spans: Vec<(Range<f64>, RGBColor)> = vec![];
        for bar in bars {
            spans.push((from..from + bar.adds, if bar.adds < 0.0 { BAD } else { GOOD }));
            from += bar.adds;
        }
        spans.push((0.0..from, ACCENT));
        let drawn = spans.into_iter().enumerate().map(|(nth, (span, colour))| {
            let row = rows.place(nth);
            let corners = [(span.start, SegmentValue::Exact(row)), (span.end, SegmentValue::Exact(row + 1))];
            let mut bar = Rectangle::new(corners, colour.filled());
            bar.set_margin(7, 7, 0, 0);
            bar
        });
        chart.draw_series(drawn).map_err(|error| error.to_string())?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(of_the_page(&drawn))
}

/// A chart of rows.
type Rowed<'a, 's> = ChartContext<'a, SVGBackend<'s>, Cartesian2d<RangedCoordf64, SegmentedCoord<RangedCoordusize>>>;

/// How the axes of a chart of rows are told.
struct Axes<'a> {
    /// How much room there is at the right.
    right: u32,
    /// How much there is for the labels of rows.
    beside: u32,
    /// At how many places a value stands, about.
    marks: usize,
    /// A value in words.
    told: &'a dyn Fn(&f64) -> String,
}

/// A label that fits beside its bar.
fn fitting(label: &str) -> String {
    const MOST: usize = 20;
    if label.chars().count() <= MOST {
        return label.to_owned();
    }
    label.chars().take(MOST - 1).chain(['…']).collect()
}

/// Rows with a label each, the first one on top, as an axis counts them from below. An axis of a single row has no height:
/// below one that stands alone there is an empty one.
struct Rows {
    labels: Vec<String>,
    empty: usize,
}

impl Rows {
    fn of<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        let labels: Vec<String> = labels.map(fitting).collect();
        Self { empty: 2_usize.saturating_sub(labels.len()), labels }
    }

    /// How many there are, the empty ones too.
    fn count(&self) -> usize {
        self.labels.len() + self.empty
    }

    /// The place of a row that is counted from the top.
    fn place(&self, from_above: usize) -> usize {
        (self.count() - 1).saturating_sub(from_above)
    }

    /// What stands beside a place.
    fn label(&self, at: &SegmentValue<usize>) -> String {
        match at {
            SegmentValue::CenterOf(place) => self.labels.get(self.place(*place)).cloned().unwrap_or_default(),
            SegmentValue::Exact(_) | SegmentValue::Last => String::new(),
        }
    }

    /// A chart with an axis of them, and one along which values lie.
    fn chart<'a, 's>(
        &self,
        area: &'a DrawingArea<SVGBackend<'s>, Shift>,
        along: Range<f64>,
        axes: &Axes<'_>,
    ) -> Result<Rowed<'a, 's>, String> {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(axes.right)
            .x_label_area_size(24)
            .y_label_area_size(axes.beside)
            .build_cartesian_2d(along, (0..self.count() - 1).into_segmented())
            .map_err(|error| error.to_string())?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .axis_style(LINE)
            .x_labels(axes.marks)
            .y_labels(self.count())
            .y_label_formatter(&|at: &SegmentValue<usize>| self.label(at))
            .x_label_formatter(axes.told)
            .label_style(("sans-serif", 14).into_font().color(&INK))
            .draw()
            .map_err(|error| error.to_string())?;
        Ok(chart)
    }

    fn height(&self, each: u32) -> u32 {
        each * u32::try_from(self.count()).unwrap_or(u32::MAX).min(50) + 40
    }
}

/// The drawing as it stands in a page: as wide as there is room, and passed over by who reads the table instead.
fn of_the_page(drawn: &str) -> String {
    let (head, body) = drawn.split_once("<svg ").unwrap_or(("", drawn));
    let (attributes, body) = body.split_once('>').unwrap_or(("", body));
    let view = attributes.find("viewBox").map_or("", |at| &attributes[at..]);
    debug_assert!(head.is_empty() && view.starts_with("viewBox"), "{attributes}");
    format!(
        "<svg class=\"plot\" aria-hidden=\"true\" {}>{}",
        view.trim_end_matches(" xmlns=\"http://www.w3.org/2000/svg\""),
        body
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waterfall_is_drawn_without_what_the_policy_of_pages_forbids() {
        let bars =
            [("Expert", -0.5), ("Facts & <sources>", 0.25)].map(|(label, adds)| Bar { label: label.to_owned(), adds });
        let drawn = waterfall(&bars, "Reward").expect("drawn");
        assert!(drawn.starts_with("<svg class=\"plot\" aria-hidden=\"true\" viewBox=\"0 0 560 "), "{drawn}");
        assert!(!drawn.contains("style") && !drawn.contains("<script") && !drawn.contains("<sources>"), "{drawn}");
        for meant in ["#030303", "#040404", "#050505", "Reward", "Expert"] {
            assert!(drawn.contains(meant), "{meant}: {drawn}");
        }
    }
}
