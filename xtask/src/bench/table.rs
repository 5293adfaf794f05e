//! Formats the result as a table or as JSON.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::statistics::Sample;

/// The result for one program.
pub(crate) struct Row {
    /// `ours`, `theirs`, or `base` for the reference.
    pub(crate) builder: &'static str,
    /// The file name of the program.
    pub(crate) program: String,
    /// The medians.
    pub(crate) median: Sample,
    /// The size of the file.
    pub(crate) size_in_bytes: u64,
}

impl Row {
    /// Divides the medians by those of another row.
    fn ratios(&self, base: &Sample) -> Sample {
        let ratio = |value: f64, base: f64| if base > 0.0 { value / base } else { f64::NAN };
        Sample {
            wall_in_us: ratio(self.median.wall_in_us, base.wall_in_us),
            cpu_in_us: ratio(self.median.cpu_in_us, base.cpu_in_us),
            memory_in_kib: ratio(self.median.memory_in_kib, base.memory_in_kib),
        }
    }
}

/// Formats a table; the first row is the reference.
pub(crate) fn text(rows: &[Row], runs: usize) -> String {
    let mut text = format!(
        "Medians of {runs} runs in turn; x is the ratio to `nothing`, a static process that does nothing;\n\
         `copy` writes the same files without a look at them.\n\n\
         {:<8} {:<8} {:>9} {:>6} {:>9} {:>6} {:>9} {:>6} {:>10}\n",
        "builder", "program", "wall us", "x", "cpu us", "x", "peak KiB", "x", "file bytes"
    );
    let Some(base) = rows.first() else { return text };
    for row in rows {
        let Sample { wall_in_us, cpu_in_us, memory_in_kib } = row.median;
        let ratios = row.ratios(&base.median);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:<8} {:<8} {:>9.0} {:>6.2} {:>9.0} {:>6.2} {:>9.0} {:>6.2} {:>10}",
            row.builder,
            row.program,
            wall_in_us,
            ratios.wall_in_us,
            cpu_in_us,
            ratios.cpu_in_us,
            memory_in_kib,
            ratios.memory_in_kib,
            row.size_in_bytes
        );
    }
    text
}

/// Formats the rows as JSON.
pub(crate) fn json(rows: &[Row], runs: usize) -> Result<String> {
    let base = rows.first().map_or(Sample::parse("0 0 0"), |row| Some(row.median));
    let programs: Vec<_> = rows
        .iter()
        .map(|row| {
            let ratios = base.map(|base| row.ratios(&base));
            json!({
                "builder": row.builder,
                "program": row.program,
                "wall_in_us": row.median.wall_in_us,
                "cpu_in_us": row.median.cpu_in_us,
                "memory_in_kib": row.median.memory_in_kib,
                "wall_ratio": ratios.map(|ratios| ratios.wall_in_us),
                "cpu_ratio": ratios.map(|ratios| ratios.cpu_in_us),
                "memory_ratio": ratios.map(|ratios| ratios.memory_in_kib),
                "size_in_bytes": row.size_in_bytes,
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&json!({ "runs": runs, "programs": programs }))? + "\n")
}

#[cfg(test)]
mod tests {
    use super::{Row, Sample, json, text};

    fn row(builder: &'static str, factor: f64) -> Row {
        let median =
            Sample { wall_in_us: 400.0 * factor, cpu_in_us: 300.0 * factor, memory_in_kib: 200.0 * factor };
        Row { builder, program: "detect".to_owned(), median, size_in_bytes: 1000 }
    }

    #[test]
    fn the_table_shows_ratios_to_its_first_row() {
        let table = text(&[row("base", 1.0), row("ours", 1.5)], 7);
        let last = table.lines().last().unwrap_or_default();
        let words: Vec<&str> = last.split_whitespace().collect();
        assert_eq!(words, ["ours", "detect", "600", "1.50", "450", "1.50", "300", "1.50", "1000"]);
    }

    #[test]
    fn json_holds_the_same_numbers() {
        let text = json(&[row("base", 1.0), row("ours", 1.5)], 7).expect("numbers can be written");
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(value["runs"], 7);
        assert_eq!(value["programs"][1]["wall_ratio"], 1.5);
    }
}
