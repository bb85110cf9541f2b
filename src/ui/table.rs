//! A table for standard output: a header, rows, as wide as the terminal, long cells wrapped.

use comfy_table::{ContentArrangement, Table as Grid, presets};

use super::{Paint, Shell, Tone};

/// A table that is built row by row and then written with [`Table::render`].
#[derive(Debug)]
pub struct Table {
    grid: Grid,
    paint: Paint,
}

impl Table {
    /// A table with these column headings, for the shell's standard output.
    pub fn new(shell: &Shell, headings: &[&str]) -> Self {
        let mut grid = Grid::new();
        grid.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_width(u16::try_from(shell.width()).unwrap_or(u16::MAX));
        if !headings.is_empty() {
            grid.set_header(headings.iter().map(|heading| heading.to_uppercase()));
        }
        Self { grid, paint: shell.paint() }
    }

    /// Adds a row; cells may hold the marks of [`Tone`], which are coloured.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        self.grid.add_row(cells.into_iter().map(Into::into));
        self
    }

    /// The finished table, every line ended.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for (index, line) in self.grid.lines().enumerate() {
            let line = line.trim_end();
            let line = line.strip_prefix(' ').unwrap_or(line);
            if index == 0 && self.grid.header().is_some() {
                text.push_str(&self.paint.text(Tone::Faint, line));
            } else {
                text.push_str(&self.coloured(line));
            }
            text.push('\n');
        }
        text
    }

    /// Colours the marks only: escape codes inside cells would spoil the column widths.
    fn coloured(&self, line: &str) -> String {
        if !self.paint.enabled {
            return line.to_owned();
        }
        let marks = [Tone::Good, Tone::Bad];
        marks.iter().fold(line.to_owned(), |line, tone| line.replace(tone.mark(), &self.paint.mark(*tone)))
    }
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::ui::{Look, Shell};

    fn rendered(width: usize) -> String {
        let shell = Shell::new(Look::default()).with_width(width);
        let mut table = Table::new(&shell, &["name", "says"]);
        table.row(["short", "✓ fine"]).row(["longer", "a text that is too long for a narrow terminal to hold"]);
        table.render()
    }

    #[test]
    fn fits_the_width_and_wraps_the_long_cell() {
        assert_eq!(
            rendered(80),
            "NAME    SAYS\nshort   ✓ fine\nlonger  a text that is too long for a narrow terminal to hold\n"
        );
        assert!(rendered(40).lines().all(|line| line.chars().count() <= 40), "{}", rendered(40));
        assert_eq!(rendered(40).lines().count(), 4, "{}", rendered(40));
    }
}
