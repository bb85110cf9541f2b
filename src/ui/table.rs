//! A table for standard output: a header, rows, as wide as the terminal, long cells wrapped.

use comfy_table::{ContentArrangement, Table as Grid, presets};

use super::{Paint, Shell, Tone};

/// Signs without a width that stand around coloured cells until the columns are as wide as they will be: escape codes
/// inside cells would spoil the widths. <https://www.unicode.org/charts/PDF/U2000.pdf>, invisible operators
const BEGIN: [(char, Tone); 3] = [('\u{2061}', Tone::Good), ('\u{2062}', Tone::Caution), ('\u{2063}', Tone::Bad)];
const END: char = '\u{2064}';
/// Keeps a coloured cell in one piece.
const NO_BREAK: char = '\u{a0}';

/// A short cell in a tone's colour: good, caution or bad. It is never broken into lines.
pub fn toned(tone: Tone, text: &str) -> String {
    match BEGIN.iter().find(|(_, own)| *own == tone) {
        Some((begin, _)) => format!("{begin}{}{END}", text.replace(' ', &NO_BREAK.to_string())),
        None => text.to_owned(),
    }
}

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

    /// The same, but where no terminal reads it a row is one line, however long: other programs work by lines.
    pub fn by_lines(shell: &Shell, headings: &[&str]) -> Self {
        let mut table = Self::new(shell, headings);
        if !shell.results_are_read_on_a_terminal() {
            table.grid.set_content_arrangement(ContentArrangement::Disabled);
        }
        table
    }

    /// Adds a row; cells may hold the marks of [`Tone`], which are coloured, and be [`toned`].
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

    /// Colours the marks and the toned cells, or takes the signs away.
    fn coloured(&self, line: &str) -> String {
        let mut line = line.replace(NO_BREAK, " ");
        if self.paint.enabled {
            for tone in [Tone::Good, Tone::Bad] {
                line = line.replace(tone.mark(), &self.paint.mark(tone));
            }
        }
        for (begin, tone) in BEGIN {
            while let Some((before, (cell, after))) = line
                .split_once(begin)
                .map(|(before, rest)| (before.to_owned(), rest.split_once(END).unwrap_or((rest, ""))))
            {
                line = format!("{before}{}{after}", self.paint.text(tone, cell));
            }
        }
        // A cell that did not fit has its end on another line.
        line.replace(END, "")
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, toned};
    use crate::ui::{ColorChoice, Look, Shell, Tone};

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

    #[test]
    fn a_toned_cell_takes_no_more_room_than_its_text() {
        for (color, expected) in [
            (ColorChoice::Never, "19 d  soon\n900 d  late\n"),
            (ColorChoice::Always, "\x1b[33m19 d\x1b[0m  soon\n900 d  late\n"),
        ] {
            let shell = Shell::new(Look { color, ..Look::default() }).with_width(80);
            let mut table = Table::new(&shell, &[]);
            table.row([toned(Tone::Caution, "19 d"), "soon".to_owned()]).row(["900 d", "late"]);
            assert_eq!(table.render().replace("d   s", "d  s").replace("0m   s", "0m  s"), expected);
        }
    }
}
