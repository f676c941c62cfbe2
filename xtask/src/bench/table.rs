//! What was measured, as lines of text.

/// What a row is held against.
#[derive(Debug, Clone, Copy)]
pub(super) enum Bar {
    /// At most this many times the yardstick.
    Times(f64),
    /// At most this many bytes.
    Bytes(u64),
    /// At most this many milliseconds more than the yardstick.
    MillisecondsMore(f64),
    /// At least this many processors at work on average.
    Processors(f64),
}

/// One line of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) product: String,
    pub(super) yardstick: Option<String>,
    pub(super) ratio: Option<f64>,
    pub(super) bar: Bar,
    /// In the bar's unit.
    pub(super) value: f64,
}

impl Row {
    /// Columns: name, product, yardstick, ratio, bar, verdict.
    pub(super) fn text(&self) -> String {
        let (bar, limit) = match self.bar {
            Bar::Times(times) => (format!("{times} x"), times),
            Bar::Bytes(limit) => (bytes(limit), limit as f64),
            Bar::MillisecondsMore(limit) => (format!("+{limit} ms"), limit),
            Bar::Processors(limit) => (format!("{limit:.1}"), limit),
        };
        let kept = match self.bar {
            Bar::Processors(_) => self.value >= limit,
            _ => self.value <= limit,
        };
        let verdict = if kept { "kept" } else { "missed" };
        let ratio = self
            .ratio
            .map_or_else(String::new, |ratio| format!("{ratio:.2} x"));
        let yardstick = self.yardstick.as_deref().unwrap_or_default();
        format!(
            "{:<36} {:>10}  {yardstick:<30} {ratio:>8}  bar {bar:<9} {verdict}",
            self.name, self.product
        )
    }
}

pub(super) fn seconds(seconds: f64) -> String {
    format!("{seconds:.2} s")
}

pub(super) fn bytes(bytes: u64) -> String {
    if bytes >= 10 * 1024 * 1024 {
        format!("{} MiB", bytes.div_ceil(1024 * 1024))
    } else {
        format!("{} KiB", bytes.div_ceil(1024))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: f64, bar: Bar) -> String {
        Row {
            name: "row".to_owned(),
            product: String::new(),
            yardstick: None,
            ratio: None,
            bar,
            value,
        }
        .text()
    }

    #[test]
    fn a_bar_is_kept_up_to_its_value() {
        assert!(row(2.0, Bar::Times(2.0)).ends_with("kept"));
        assert!(row(2.01, Bar::Times(2.0)).ends_with("missed"));
        assert!(row(1024.0, Bar::Bytes(1024)).ends_with("kept"));
        assert!(row(1025.0, Bar::Bytes(1024)).ends_with("missed"));
    }

    #[test]
    fn processors_have_a_lower_bound() {
        assert!(row(1.5, Bar::Processors(1.5)).ends_with("kept"));
        assert!(row(1.4, Bar::Processors(1.5)).ends_with("missed"));
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(bytes(1), "1 KiB");
        assert_eq!(bytes(32 * 1024 * 1024), "32 MiB");
    }
}
