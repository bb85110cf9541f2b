//! The block against a small terminal that breaks long lines and scrolls.

use super::*;

/// A terminal of so many columns and rows; `lines` is all that was ever on it, the visible part last.
struct Terminal {
    columns: usize,
    rows: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Terminal {
    fn new(columns: usize, rows: usize) -> Self {
        Self { columns, rows, lines: vec![Vec::new()], row: 0, column: 0 }
    }

    fn show(&mut self, text: &str) {
        let mut rest = text.chars().peekable();
        while let Some(next) = rest.next() {
            match next {
                '\r' => self.column = 0,
                '\n' => self.down(),
                '\x1b' => {
                    rest.next_if_eq(&'[');
                    let mut number = String::new();
                    while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                        number.push(digit);
                    }
                    self.command(rest.next(), number.parse().unwrap_or(1));
                }
                other => self.print(other),
            }
        }
    }

    fn command(&mut self, letter: Option<char>, number: usize) {
        let top = self.lines.len().saturating_sub(self.rows);
        match letter {
            Some('A') => self.row = self.row.saturating_sub(number).max(top),
            Some('K') => self.lines[self.row].truncate(self.column),
            Some('J') => {
                self.lines[self.row].truncate(self.column);
                self.lines.truncate(self.row + 1);
            }
            other => panic!("the terminal does not know {other:?}"),
        }
    }

    fn down(&mut self) {
        self.row += 1;
        self.column = 0;
        if self.row == self.lines.len() {
            self.lines.push(Vec::new());
        }
    }

    fn print(&mut self, letter: char) {
        if self.column == self.columns {
            self.down();
        }
        let line = &mut self.lines[self.row];
        line.resize(line.len().max(self.column + 1), ' ');
        line[self.column] = letter;
        self.column += 1;
    }

    fn text(&self) -> String {
        let line = |line: &Vec<char>| line.iter().collect::<String>().trim_end().to_owned();
        self.lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn finished_lines_stay_and_live_ones_never_do() {
    let mut terminal = Terminal::new(20, 6);
    terminal.show("$ dockreg up\n");
    let steps = [
        ("", lines(&["bucket", "0 of 3"])),
        ("", lines(&["bucket", "role", "load balancer", "0 of 3"])),
        ("✓ a bucket whose line is longer than the screen\n", lines(&["role", "load balancer", "1 of 3"])),
        ("✓ role\n", lines(&["load balancer", "2 of 3"])),
        ("✓ load balancer\n", lines(&["3 of 3"])),
        ("", lines(&[])),
    ];
    let mut block = Vec::new();
    for (above, next) in steps {
        terminal.show(&redrawn(&block, above, &next, 20));
        block = next;
    }
    terminal.show("done\n");
    assert_eq!(
        terminal.text(),
        "$ dockreg up\n✓ a bucket whose lin\ne is longer than the\n screen\n✓ role\n✓ load balancer\ndone\n"
    );
}

#[test]
fn a_terminal_that_became_narrower_keeps_no_old_line() {
    let old = lines(&["a line of nineteen.", "short"]);
    // As the narrower terminal shows it now.
    let mut terminal = Terminal::new(10, 6);
    terminal.show("before\n");
    terminal.show(&old.join("\n"));
    terminal.show(&redrawn(&old, "stays\n", &lines(&["new"]), 10));
    assert_eq!(terminal.text(), "before\nstays\nnew");
}

#[test]
fn a_block_is_never_higher_than_the_screen() {
    let mut many: Vec<String> = (0..30).map(|number| format!("resource {number}")).collect();
    many.push("0 of 30".to_owned());
    let all = many.clone();
    fit(&mut many, 6);
    assert_eq!(many, lines(&["resource 0", "resource 1", "resource 2", "  … and 27 more", "0 of 30"]));
    let mut few = all[..5].to_vec();
    fit(&mut few, 6);
    assert_eq!(few, all[..5]);
    let mut last = all.clone();
    fit(&mut last, 2);
    assert_eq!(last, ["0 of 30"]);
}
